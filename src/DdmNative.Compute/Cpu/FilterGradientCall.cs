using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// δW = Σ over sources of δ⋆x, and δb = Σ δ. The gradient is summed as [k, k, C, O]: a filter row's k·C rows by O columns is one product of the
/// overlapping image rows, transposed, with δ, contracted over the pixels; the sum stays in cache while the samples stream past.
/// </summary>
internal sealed unsafe class FilterGradientCall : CpuCall
{
    private const int Columns = MatrixMicroKernel.PanelColumns;

    private readonly CorrelationShape shape;
    private readonly (CpuOperand Image, CpuOperand Cotangent)[] sources;
    private readonly CpuOperand biasCotangent;
    private readonly GradientSum filterSum;
    private readonly GradientSum biasSum;

    public FilterGradientCall(
        string name, ConvolutionShape shape, (Tensor Image, Tensor Cotangent)[] sources, Tensor biasCotangent, Slice filterResult, Slice biasResult)
        : base(name, filterResult.Vector.Shape.Members, biasCotangent.Shape.Samples)
    {
        this.shape = CorrelationShape.Forward(shape);
        this.sources = Array.ConvertAll(sources, source => (Read(source.Image), Read(source.Cotangent)));
        this.biasCotangent = Read(biasCotangent);
        filterSum = Sum(filterResult, shape.FilterLength, new FilterGradientOrder(shape, shape.InputChannels, shape.OutputChannels).Convert, isAssignedFirst: true);
        biasSum = Sum(biasResult, shape.OutputChannels);
    }

    public override double FlopsPerSample => sources.Length * shape.Flops;

    public override long TemporaryFloats(int samples) => (long)shape.PaddedHeight * shape.PaddedWidth * shape.InputChannels;

    public override void Execute(in Tile tile)
    {
        float* sum = filterSum.Slot(tile.Workspace);
        float* padded = tile.Workspace.Temporary;
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
        {
            foreach ((CpuOperand image, CpuOperand cotangent) in sources)
            {
                PaddedImage.Pad(
                    image.At(tile, sample), shape.InputHeight, shape.InputWidth, shape.InputChannels, shape.Padding,
                    padded, shape.PaddedHeight, shape.PaddedWidth, shape.InputChannels);
                bool isFirst = tile.BeginsSlot && sample == tile.FirstSample && image == sources[0].Image;
                AddRows(padded, cotangent.At(tile, sample), sum, isFirst);
            }
            BiasGradient.Add(biasCotangent.At(tile, sample), shape.OutputHeight * shape.OutputWidth, shape.OutputChannels, biasSum.Slot(tile.Workspace));
        }
    }

    private void AddRows(float* padded, float* cotangent, float* sum, bool isFirst)
    {
        int run = shape.KernelSize * shape.InputChannels;
        for (int column = 0; column < shape.OutputChannels; column += Columns)
        {
            Contraction contraction = ColumnBlock(column, cotangent, sum);
            contraction.Accumulate = !isFirst;
            contraction.StepA = shape.InputChannels;
            contraction.SegmentA = (nint)shape.PaddedWidth * shape.InputChannels;
            contraction.SegmentB = (nint)shape.OutputWidth * shape.OutputChannels;
            contraction.Steps = shape.OutputWidth;
            contraction.Segments = shape.OutputHeight;
            float* start = contraction.C;
            for (int tap = 0; tap < shape.KernelSize; tap++)
            {
                contraction.A = padded + tap * contraction.SegmentA;
                contraction.C = start + (long)tap * run * shape.OutputChannels;
                MatrixMicroKernel.Multiply(contraction, run);
            }
        }
    }

    private Contraction ColumnBlock(int column, float* cotangent, float* sum) => new()
    {
        RowStrideA = 1,
        B = cotangent + column,
        StepB = shape.OutputChannels,
        C = sum + column,
        RowStrideC = shape.OutputChannels,
        Columns = Math.Min(Columns, shape.OutputChannels - column),
    };
}
