using System.Runtime.Intrinsics.X86;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// δW = Σ over sources of δ⋆x, and δb = Σ δ. The gradient is summed as [k, k, C, O]: a filter row's k·C rows by O columns is one product of the
/// overlapping image rows, transposed, with δ, contracted over the pixels; the sum stays in cache while the samples stream past.
/// </summary>
/// <remarks>
/// A first layer, of 1 or 3 channels, does so little with each δ that memory sets its pace. Every tap's and the bias's pass over a band of output rows is done while the
/// band is in the first-level cache, and the next band is fetched meanwhile, in the order of memory. With many channels one band is the whole image, and the sum is touched once.
/// </remarks>
internal sealed unsafe class FilterGradientCall : CpuCall
{
    private const int Columns = MatrixMicroKernel.PanelColumns;

    /// <summary>Channels up to which δ is fetched ahead in bands.</summary>
    private const int FewChannels = 4;

    /// <summary>Bytes of δ in a band at most: two bands and the image fill two thirds of a first-level cache.</summary>
    private const int BandBytes = 16 << 10;

    private const int CacheLineBytes = 64;

    private readonly CorrelationShape shape;
    private readonly (CpuOperand Image, CpuOperand Cotangent)[] sources;
    private readonly int biasSource;
    private readonly GradientSum filterSum;
    private readonly GradientSum biasSum;
    private readonly FilterGradientOrder order;
    private readonly RunningProducts? products;
    private readonly int bandRows;

    public FilterGradientCall(
        string name, ConvolutionShape shape, (Tensor Image, Tensor Cotangent)[] sources, Tensor biasCotangent, Slice filterResult, Slice biasResult,
        SampleProducts? wanted = null)
        : base(name, filterResult.Vector.Shape.Members, biasCotangent.Shape.Samples)
    {
        this.shape = CorrelationShape.Forward(shape);
        this.sources = Array.ConvertAll(sources, source => (Read(source.Image), Read(source.Cotangent)));
        biasSource = Array.FindIndex(sources, source => source.Cotangent == biasCotangent);
        order = new FilterGradientOrder(shape, shape.InputChannels, shape.OutputChannels);
        filterSum = Sum(filterResult, shape.FilterLength, order.Convert, isAssignedFirst: true);
        biasSum = Sum(biasResult, shape.OutputChannels);
        products = ReadProducts(wanted);
        RetainedFloats = products is null ? 0 : 2 * products.TotalFloats + (long)products.Count * shape.FilterLength;
        int rowBytes = shape.OutputWidth * shape.OutputChannels * sizeof(float);
        bandRows = shape.InputChannels <= FewChannels ? Math.Clamp(BandBytes / rowBytes, 1, shape.OutputHeight) : shape.OutputHeight;
    }

    public override double FlopsPerSample => sources.Length * shape.Flops + 2.0 * (products?.Count ?? 0) * filterSum.Length;

    public override long TemporaryFloats(int samples) => (long)shape.PaddedHeight * shape.PaddedWidth * shape.InputChannels;

    public override void Execute(in Tile tile)
    {
        float* sum = filterSum.Slot(tile.Workspace);
        float* biasTotal = biasSum.Slot(tile.Workspace);
        float* padded = tile.Workspace.Temporary;
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
        {
            for (int source = 0; source < sources.Length; source++)
            {
                (CpuOperand image, CpuOperand cotangent) = sources[source];
                PaddedImage.Pad(
                    image.At(tile, sample), shape.InputHeight, shape.InputWidth, shape.InputChannels, shape.Padding,
                    padded, shape.PaddedHeight, shape.PaddedWidth, shape.InputChannels);
                bool isFirst = tile.BeginsSlot && sample == tile.FirstSample && source == 0;
                AddImage(padded, cotangent.At(tile, sample), sum, isFirst, source == biasSource ? biasTotal : null);
            }
            if (products is not null)
                WriteProducts(tile, sample, products);
        }
    }

    /// <summary>The directions are brought into the sum's order once a run.</summary>
    private void WriteProducts(in Tile tile, int sample, RunningProducts products)
    {
        double* before = (double*)Retained(tile), totals = before + products.Count;
        float* directions = (float*)(totals + products.Count);
        if (MustRenew(tile, products.WeightDirections.IsShared))
        {
            for (int d = 0; d < products.Count; d++)
                order.ConvertBack(products.WeightDirections.At(tile, d), directions + (nint)d * filterSum.Length);
        }
        new Span<double>(totals, products.Count).Clear();
        products.Add(filterSum.Slot(tile.Workspace), directions, filterSum.Length, filterSum.Length, totals);
        products.Add(tile, products.BiasDirections, biasSum.Slot(tile.Workspace), totals);
        products.Write(tile, sample, totals, before);
    }

    private void AddImage(float* padded, float* cotangent, float* sum, bool isFirst, float* biasTotal)
    {
        nint rowFloats = (nint)shape.OutputWidth * shape.OutputChannels;
        for (int row = 0; row < shape.OutputHeight; row += bandRows)
        {
            int rows = Math.Min(bandRows, shape.OutputHeight - row);
            float* band = cotangent + row * rowFloats;
            if (bandRows < shape.OutputHeight)
                Fetch(band + rows * rowFloats, rows * rowFloats);
            AddRows(padded + (nint)row * shape.PaddedWidth * shape.InputChannels, band, rows, sum, isFirst && row == 0);
            if (biasTotal != null)
                BiasGradient.Add(band, rows * shape.OutputWidth, shape.OutputChannels, biasTotal);
        }
    }

    /// <summary>Asks for what the next band, of this image or the next, will read. Past the end of all images this asks for what nobody reads, which no processor minds.</summary>
    private static void Fetch(float* band, nint floats)
    {
        if (!Sse.IsSupported)
            return;
        for (byte* line = (byte*)band, end = (byte*)(band + floats); line < end; line += CacheLineBytes)
            Sse.Prefetch0(line);
    }

    private void AddRows(float* padded, float* cotangent, int rows, float* sum, bool isFirst)
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
            contraction.Segments = rows;
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
