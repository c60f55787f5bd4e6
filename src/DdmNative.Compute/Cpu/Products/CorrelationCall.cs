namespace DdmNative.Compute.Cpu;

/// <summary>
/// y = Σ over sources of filter ∗ image, plus a bias: forward, transposed, and their tangents (see <see cref="CpuConvolution"/>).
/// </summary>
internal sealed unsafe class CorrelationCall : CpuCall, IFilterReader
{
    private const int Columns = MatrixMicroKernel.PanelColumns;

    private readonly CorrelationShape _shape;
    private readonly (CpuOperand Image, CpuParameters Filter)[] _sources;
    private readonly CpuParameters? _bias;
    private readonly CpuOperand _output;
    private readonly int _channels;
    private readonly int _panels;
    private readonly FilterPanels _packing;
    private CpuOperand? _bank;

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
        RetainedFloats = PassedFloats;
    }

    /// <summary>Several sources' filters are packed side by side.</summary>
    public IReadOnlyList<CpuParameters> Filters => _sources.Length == 1 ? [_sources[0].Filter] : [];

    public IFilterPacking Packing => _packing;

    public override long PassedFloats => (long)_panels * Columns * (PatchLength + 1);

    private int PatchLength => _shape.Taps * _channels;

    public override double FlopsPerSample => _sources.Length * _shape.Flops;

    public override long TemporaryFloats(int samples) => PaddedLength + (_output.IsStreamed ? RowLength : 0);

    private long PaddedLength => (long)_shape.PaddedHeight * _shape.PaddedWidth * _channels;

    private int RowLength => _shape.OutputWidth * _shape.OutputChannels;

    public void UseShared(int source, CpuTensor bank) => (_bank, RetainedFloats) = (ReadWhole(bank), (long)_panels * Columns);

    public override void Execute(in Tile tile)
    {
        float* biases = Retained(tile), filters = _bank is null ? biases + (nint)_panels * Columns : _bank.At(tile, 0);
        for (int i = 0; i < _sources.Length && _bank is null; i++)
        {
            if (MustRenew(tile, _sources[i].Filter.IsShared, i))
                _packing.Pack(_sources[i].Filter.At(tile), filters, i * _shape.InputChannels);
        }
        FilterPanels.PackBias(_bias is null ? null : _bias.At(tile), _shape.OutputChannels, biases);
        float* padded = tile.Workspace.Temporary;
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
        {
            for (int i = 0; i < _sources.Length; i++)
                PaddedImage.Pad(
                    _sources[i].Image.At(tile, sample), _shape.InputHeight, _shape.InputWidth, _shape.InputChannels, _shape.Padding,
                    padded + i * _shape.InputChannels, _shape.PaddedHeight, _shape.PaddedWidth, _channels);
            if (_output.IsStreamed)
                StreamRows(padded, filters, biases, _output.At(tile, sample), padded + PaddedLength);
            else
                MultiplyRows(padded, filters, biases, _output.At(tile, sample));
        }
        if (_output.IsStreamed)
            StreamedRow.Complete();
    }

    private void MultiplyRows(float* padded, float* filters, float* biases, float* y)
    {
        for (int panel = 0; panel < _panels; panel++)
        {
            Contraction contraction = Panel(panel, padded, filters, biases, y);
            for (int row = 0; row < _shape.OutputHeight; row++, contraction.A += contraction.SegmentA, contraction.C += RowLength)
                MatrixMicroKernel.Multiply(contraction, _shape.OutputWidth);
        }
    }

    /// <summary>Computes each row in the first-level cache and stores it so that it bypasses the caches.</summary>
    private void StreamRows(float* padded, float* filters, float* biases, float* y, float* computed)
    {
        for (int row = 0; row < _shape.OutputHeight; row++)
        {
            for (int panel = 0; panel < _panels; panel++)
            {
                Contraction contraction = Panel(panel, padded, filters, biases, computed);
                contraction.A += row * contraction.SegmentA;
                MatrixMicroKernel.Multiply(contraction, _shape.OutputWidth);
            }
            StreamedRow.Store(computed, y + (long)row * RowLength, RowLength);
        }
    }

    /// <summary>The product of a panel's outputs for the first row.</summary>
    private Contraction Panel(int panel, float* padded, float* filters, float* biases, float* y)
    {
        int run = _shape.KernelSize * _channels;
        return new Contraction
        {
            A = padded,
            RowStrideA = _channels,
            StepA = 1,
            SegmentA = (nint)_shape.PaddedWidth * _channels,
            B = filters + (long)panel * PatchLength * Columns,
            StepB = Columns,
            SegmentB = (nint)run * Columns,
            Steps = run,
            Segments = _shape.KernelSize,
            C = y + panel * Columns,
            RowStrideC = _shape.OutputChannels,
            Columns = Math.Min(Columns, _shape.OutputChannels - panel * Columns),
            Bias = biases + panel * Columns,
        };
    }
}
