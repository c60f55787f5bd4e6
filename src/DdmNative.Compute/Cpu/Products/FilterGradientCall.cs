using System.Runtime.Intrinsics.X86;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// δW = Σ over sources of δ⋆x, and δb = Σ δ. The gradient is summed as [k, k, C, O]: a filter row's k·C rows by O columns is one product of
/// the overlapping image rows, transposed, with δ, contracted over the pixels; the sum stays in cache while the samples stream through.
/// </summary>
/// <remarks>
/// A first layer, of 1 or 3 channels, computes so little with each δ that it is bound by memory. The passes of all taps and of the bias
/// over a band of output rows run while the band is in the first-level cache, and the next band is prefetched in memory order. With many
/// channels one band is the whole image, and each sum is loaded and stored once.
/// </remarks>
internal sealed unsafe class FilterGradientCall : CpuCall
{
    private const int Columns = MatrixMicroKernel.PanelColumns;

    /// <summary>The most channels for which δ is prefetched in bands.</summary>
    private const int FewChannels = 4;

    /// <summary>Bytes of δ in a band at most: two bands and the image fill two thirds of a first-level cache.</summary>
    private const int BandBytes = 16 << 10;

    private const int CacheLineBytes = 64;

    private readonly CorrelationShape _shape;
    private readonly (CpuOperand Image, CpuOperand Cotangent)[] _sources;
    private readonly int _biasSource;
    private readonly GradientSum _filterSum;
    private readonly GradientSum? _biasSum;
    private readonly FilterGradientOrder _order;
    private readonly RunningProducts? _products;
    private readonly int _bandRows;

    public FilterGradientCall(
        string name, ConvolutionShape shape, (Tensor Image, Tensor Cotangent)[] sources, Tensor biasCotangent, Slice filterResult,
        Slice? biasResult,
        SampleProducts? wanted = null)
        : base(name, filterResult.Vector.Shape.Members, biasCotangent.Shape.Samples)
    {
        _shape = CorrelationShape.Forward(shape);
        _sources = Array.ConvertAll(sources, source => (Read(source.Image), Read(source.Cotangent)));
        _biasSource = Array.FindIndex(sources, source => source.Cotangent == biasCotangent);
        _order = new FilterGradientOrder(shape, shape.InputChannels, shape.OutputChannels);
        _filterSum = Sum(filterResult, shape.FilterLength, _order.Convert, isAssignedFirst: true);
        _biasSum = SumOptional(biasResult);
        _products = ReadProducts(wanted);
        RetainedFloats = _products is null ? 0 : 2 * _products.TotalFloats + (long)_products.Count * shape.FilterLength;
        int rowBytes = shape.OutputWidth * shape.OutputChannels * sizeof(float);
        _bandRows = shape.InputChannels <= FewChannels ? Math.Clamp(BandBytes / rowBytes, 1, shape.OutputHeight) : shape.OutputHeight;
    }

    public override double FlopsPerSample => _sources.Length * _shape.Flops + 2.0 * (_products?.Count ?? 0) * _filterSum.Length;

    public override long TemporaryFloats(int samples)
        => IsPadded ? (long)_shape.PaddedHeight * _shape.PaddedWidth * _shape.InputChannels : 0;

    /// <summary>An image without a border is read where it is.</summary>
    private bool IsPadded => _shape.Padding > 0;

    /// <summary>Whether all output pixels are one run of the contraction.</summary>
    private bool IsPointwise => _shape.KernelSize == 1 && _shape.Stride == 1;

    public override void Execute(in Tile tile)
    {
        float* sum = _filterSum.Slot(tile.Workspace);
        float* biasTotal = _biasSum is null ? null : _biasSum.Slot(tile.Workspace);
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
        {
            for (int source = 0; source < _sources.Length; source++)
            {
                (CpuOperand image, CpuOperand cotangent) = _sources[source];
                float* padded = IsPadded ? tile.Workspace.Temporary : image.At(tile, sample);
                if (IsPadded)
                    PaddedImage.Pad(
                        image.At(tile, sample), _shape.InputHeight, _shape.InputWidth, _shape.InputChannels, _shape.Padding,
                        padded, _shape.PaddedHeight, _shape.PaddedWidth, _shape.InputChannels);
                bool isFirst = tile.BeginsSlot && sample == tile.FirstSample && source == 0;
                AddImage(padded, cotangent.At(tile, sample), sum, isFirst, source == _biasSource ? biasTotal : null);
            }
            if (_products is not null)
                WriteProducts(tile, sample, _products);
        }
    }

    /// <summary>Converts the directions to the sum's order, once a run.</summary>
    private void WriteProducts(in Tile tile, int sample, RunningProducts products)
    {
        double* before = (double*)Retained(tile), totals = before + products.Count;
        float* directions = (float*)(totals + products.Count);
        if (MustRenew(tile, products.WeightDirections.IsShared))
        {
            for (int d = 0; d < products.Count; d++)
                _order.ConvertBack(products.WeightDirections.At(tile, d), directions + (nint)d * _filterSum.Length);
        }
        new Span<double>(totals, products.Count).Clear();
        products.Add(_filterSum.Slot(tile.Workspace), directions, _filterSum.Length, _filterSum.Length, totals);
        products.AddBias(tile, _biasSum, totals);
        products.Write(tile, sample, totals, before);
    }

    private void AddImage(float* padded, float* cotangent, float* sum, bool isFirst, float* biasTotal)
    {
        nint rowFloats = (nint)_shape.OutputWidth * _shape.OutputChannels;
        for (int row = 0; row < _shape.OutputHeight; row += _bandRows)
        {
            int rows = Math.Min(_bandRows, _shape.OutputHeight - row);
            float* band = cotangent + row * rowFloats;
            if (_bandRows < _shape.OutputHeight)
                Fetch(band + rows * rowFloats, rows * rowFloats);
            AddRows(padded + (nint)row * _shape.Stride * _shape.PaddedWidth * _shape.InputChannels, band, rows, sum, isFirst && row == 0);
            if (biasTotal != null)
                BiasGradient.Add(band, rows * _shape.OutputWidth, _shape.OutputChannels, biasTotal);
        }
    }

    /// <summary>
    /// Prefetches what the next band, of this image or the next, will read. After the last image it prefetches unused addresses, which is
    /// harmless.
    /// </summary>
    private static void Fetch(float* band, nint floats)
    {
        if (!Sse.IsSupported)
            return;
        for (byte* line = (byte*)band, end = (byte*)(band + floats); line < end; line += CacheLineBytes)
            Sse.Prefetch0(line);
    }

    private void AddRows(float* padded, float* cotangent, int rows, float* sum, bool isFirst)
    {
        int run = _shape.KernelSize * _shape.InputChannels;
        nint paddedRow = (nint)_shape.PaddedWidth * _shape.InputChannels;
        for (int column = 0; column < _shape.OutputChannels; column += Columns)
        {
            Contraction contraction = ColumnBlock(column, cotangent, sum);
            contraction.Accumulate = !isFirst;
            contraction.StepA = _shape.Stride * _shape.InputChannels;
            contraction.SegmentA = _shape.Stride * paddedRow;
            contraction.SegmentB = (nint)_shape.OutputWidth * _shape.OutputChannels;
            (contraction.Steps, contraction.Segments) = IsPointwise ? (rows * _shape.OutputWidth, 1) : (_shape.OutputWidth, rows);
            float* start = contraction.C;
            for (int tap = 0; tap < _shape.KernelSize; tap++)
            {
                contraction.A = padded + tap * paddedRow;
                contraction.C = start + (long)tap * run * _shape.OutputChannels;
                MatrixMicroKernel.Multiply(contraction, run);
            }
        }
    }

    private Contraction ColumnBlock(int column, float* cotangent, float* sum) => new()
    {
        RowStrideA = 1,
        B = cotangent + column,
        StepB = _shape.OutputChannels,
        C = sum + column,
        RowStrideC = _shape.OutputChannels,
        Columns = Math.Min(Columns, _shape.OutputChannels - column),
    };
}
