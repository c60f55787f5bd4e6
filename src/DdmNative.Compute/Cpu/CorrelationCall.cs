namespace DdmNative.Compute.Cpu;

/// <summary>y = Σ over sources of filter ∗ image, plus a bias: forward, transposed, and their tangents (see <see cref="CpuConvolution"/>).</summary>
internal sealed unsafe class CorrelationCall : CpuCall
{
    private const int Columns = MatrixMicroKernel.PanelColumns;

    private readonly CorrelationShape shape;
    private readonly (CpuOperand Image, CpuParameters Filter)[] sources;
    private readonly CpuParameters? bias;
    private readonly CpuOperand output;
    private readonly int channels;
    private readonly int panels;
    private readonly FilterPanels packing;

    public CorrelationCall(string name, CorrelationShape shape, (Tensor Image, Slice Filter)[] sources, Slice? bias, Tensor output)
        : base(name, output.Shape.Members, output.Shape.Samples)
    {
        this.shape = shape;
        this.sources = Array.ConvertAll(sources, source => (Read(source.Image), Read(source.Filter)));
        this.bias = ReadOptional(bias);
        this.output = Write(output);
        channels = sources.Length * shape.InputChannels;
        panels = FilterPanels.Count(shape.OutputChannels);
        packing = new FilterPanels(shape, channels);
        RetainedParts = sources.Length;
        RetainedFloats = (long)panels * Columns * (shape.Taps * channels + 1);
    }

    private int PatchLength => shape.Taps * channels;

    public override double FlopsPerSample => sources.Length * shape.Flops;

    public override long TemporaryFloats(int samples) => (long)shape.PaddedHeight * shape.PaddedWidth * channels;

    public override void Execute(in Tile tile)
    {
        float* filters = Retained(tile);
        for (int i = 0; i < sources.Length; i++)
        {
            if (MustRenew(tile, sources[i].Filter.IsShared, i))
                packing.Pack(sources[i].Filter.At(tile), filters, i * shape.InputChannels);
        }
        float* biases = filters + (long)panels * Columns * PatchLength;
        FilterPanels.PackBias(bias is null ? null : bias.At(tile), shape.OutputChannels, biases);
        float* padded = tile.Workspace.Temporary;
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
        {
            for (int i = 0; i < sources.Length; i++)
                PaddedImage.Pad(
                    sources[i].Image.At(tile, sample), shape.InputHeight, shape.InputWidth, shape.InputChannels, shape.Padding,
                    padded + i * shape.InputChannels, shape.PaddedHeight, shape.PaddedWidth, channels);
            MultiplyRows(padded, filters, biases, output.At(tile, sample));
        }
    }

    private void MultiplyRows(float* padded, float* filters, float* biases, float* y)
    {
        int run = shape.KernelSize * channels;
        for (int panel = 0; panel < panels; panel++)
        {
            Contraction contraction = Panel(panel, filters, biases, y);
            contraction.RowStrideA = channels;
            contraction.SegmentA = (nint)shape.PaddedWidth * channels;
            contraction.SegmentB = (nint)run * Columns;
            contraction.Steps = run;
            contraction.Segments = shape.KernelSize;
            float* start = contraction.C;
            for (int row = 0; row < shape.OutputHeight; row++)
            {
                contraction.A = padded + row * contraction.SegmentA;
                contraction.C = start + (long)row * shape.OutputWidth * shape.OutputChannels;
                MatrixMicroKernel.Multiply(contraction, shape.OutputWidth);
            }
        }
    }

    private Contraction Panel(int panel, float* filters, float* biases, float* y) => new()
    {
        StepA = 1,
        B = filters + (long)panel * PatchLength * Columns,
        StepB = Columns,
        C = y + panel * Columns,
        RowStrideC = shape.OutputChannels,
        Columns = Math.Min(Columns, shape.OutputChannels - panel * Columns),
        Bias = biases + panel * Columns,
    };
}
