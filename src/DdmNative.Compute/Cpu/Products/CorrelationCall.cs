namespace DdmNative.Compute.Cpu;

/// <summary>
/// y = Σ over sources of filter ∗ image, plus a bias: forward, transposed, and their tangents (see <see cref="CpuConvolution"/>).
/// </summary>
internal sealed unsafe class CorrelationCall : CpuCall
{
    private const int Columns = MatrixMicroKernel.PanelColumns;

    private readonly CorrelationShape _shape;
    private readonly (CpuOperand Image, CpuParameters Filter)[] _sources;
    private readonly CpuParameters? _bias;
    private readonly CpuOperand _output;
    private readonly int _channels;
    private readonly int _panels;
    private readonly FilterPanels _packing;

    public CorrelationCall(string name, CorrelationShape shape, (Tensor Image, Slice Filter)[] sources, Slice? bias, Tensor output)
        : base(name, output.Shape.Members, output.Shape.Samples)
    {
        _shape = shape;
        _sources = Array.ConvertAll(sources, source => (Read(source.Image), Read(source.Filter)));
        _bias = ReadOptional(bias);
        _output = Write(output);
        _channels = sources.Length * shape.InputChannels;
        _panels = FilterPanels.Count(shape.OutputChannels);
        _packing = new FilterPanels(shape, _channels);
        RetainedParts = sources.Length;
        RetainedFloats = (long)_panels * Columns * (shape.Taps * _channels + 1);
    }

    private int PatchLength => _shape.Taps * _channels;

    public override double FlopsPerSample => _sources.Length * _shape.Flops;

    public override long TemporaryFloats(int samples) => (long)_shape.PaddedHeight * _shape.PaddedWidth * _channels;

    public override void Execute(in Tile tile)
    {
        float* filters = Retained(tile);
        for (int i = 0; i < _sources.Length; i++)
        {
            if (MustRenew(tile, _sources[i].Filter.IsShared, i))
                _packing.Pack(_sources[i].Filter.At(tile), filters, i * _shape.InputChannels);
        }
        float* biases = filters + (long)_panels * Columns * PatchLength;
        FilterPanels.PackBias(_bias is null ? null : _bias.At(tile), _shape.OutputChannels, biases);
        float* padded = tile.Workspace.Temporary;
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
        {
            for (int i = 0; i < _sources.Length; i++)
                PaddedImage.Pad(
                    _sources[i].Image.At(tile, sample), _shape.InputHeight, _shape.InputWidth, _shape.InputChannels, _shape.Padding,
                    padded + i * _shape.InputChannels, _shape.PaddedHeight, _shape.PaddedWidth, _channels);
            MultiplyRows(padded, filters, biases, _output.At(tile, sample));
        }
    }

    private void MultiplyRows(float* padded, float* filters, float* biases, float* y)
    {
        int run = _shape.KernelSize * _channels;
        for (int panel = 0; panel < _panels; panel++)
        {
            Contraction contraction = Panel(panel, filters, biases, y);
            contraction.RowStrideA = _channels;
            contraction.SegmentA = (nint)_shape.PaddedWidth * _channels;
            contraction.SegmentB = (nint)run * Columns;
            contraction.Steps = run;
            contraction.Segments = _shape.KernelSize;
            float* start = contraction.C;
            for (int row = 0; row < _shape.OutputHeight; row++)
            {
                contraction.A = padded + row * contraction.SegmentA;
                contraction.C = start + (long)row * _shape.OutputWidth * _shape.OutputChannels;
                MatrixMicroKernel.Multiply(contraction, _shape.OutputWidth);
            }
        }
    }

    private Contraction Panel(int panel, float* filters, float* biases, float* y) => new()
    {
        StepA = 1,
        B = filters + (long)panel * PatchLength * Columns,
        StepB = Columns,
        C = y + panel * Columns,
        RowStrideC = _shape.OutputChannels,
        Columns = Math.Min(Columns, _shape.OutputChannels - panel * Columns),
        Bias = biases + panel * Columns,
    };
}
