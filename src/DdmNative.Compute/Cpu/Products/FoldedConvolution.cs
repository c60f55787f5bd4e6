using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// A convolution of stride 2 as one of stride 1: 2×2 pixels of the image become one pixel of four times the channels, and a filter of
/// 4×4 to 6×6 taps becomes one of 3×3, to which Winograd's transform applies. A pixel and channel pair of 5×5 taps then needs 4·36/16 = 9
/// multiplications in place of 25, although 11 of the 36 folded taps are zero.
/// </summary>
/// <remarks>
/// Tap a of row i meets the image's row 2i + a − p = 2(i + t) + r, which is phase r of the folded row i + t. Images and filters are
/// copied into the folded form before the products, and a gradient is written in the filter's own order.
/// </remarks>
internal sealed class FoldedConvolution
{
    private const int Stride = 2, Phases = Stride * Stride, KernelSize = 3, Taps = KernelSize * KernelSize;

    private readonly CorrelationShape _shape;

    /// <summary>The values of one output's folded filter, [4·I, 3, 3].</summary>
    private readonly int _foldedRun;

    /// <summary>Where it has the values of the output's filter, [I, k, k]; all others are zero.</summary>
    private readonly int[] _positions;

    private FoldedConvolution(CorrelationShape shape, int foldedRun, int[] positions)
        => (_shape, _foldedRun, _positions) = (shape, foldedRun, positions);

    /// <summary>The folded form of a convolution of stride 2, or of its transpose, if it is faster than others; otherwise null.</summary>
    public static FoldedConvolution? Find(CorrelationShape shape, int samples)
    {
        if (shape.Stride != Stride)
            return null;
        bool isTransposed = shape.IsTransposed;
        (int inputs, int height, int width, int outputs, int resultHeight, int resultWidth) = isTransposed
            ? (shape.OutputChannels, shape.OutputHeight, shape.OutputWidth, shape.InputChannels, shape.InputHeight, shape.InputWidth)
            : (shape.InputChannels, shape.InputHeight, shape.InputWidth, shape.OutputChannels, shape.OutputHeight, shape.OutputWidth);
        int padding = isTransposed ? shape.KernelSize - 1 - shape.Padding : shape.Padding;
        int foldedPadding = Fold(padding), lastTap = (shape.KernelSize - 1 + 2 * foldedPadding - padding) / Stride;
        if (lastTap != KernelSize - 1 || resultHeight != Fold(height) + 2 * foldedPadding - lastTap
            || resultWidth != Fold(width) + 2 * foldedPadding - lastTap)
            return null;
        var convolution = new ConvolutionShape(Phases * inputs, outputs, Fold(height), Fold(width), KernelSize, foldedPadding);
        CorrelationShape folded = (isTransposed ? CorrelationShape.BackwardData(convolution) : CorrelationShape.Forward(convolution))
            with { ProductsOfWindow = (double)shape.Taps * inputs * outputs };
        return WinogradTiles.Pays(folded, samples)
            ? new FoldedConvolution(folded, Phases * inputs * Taps,
                FindPositions(inputs, shape.KernelSize, Stride * foldedPadding - padding))
            : null;
    }

    /// <summary>The calls of a convolution, or of its transpose, of the sum over images and filters.</summary>
    public CpuCall[] Correlate(string name, (Tensor Image, Slice Filter)[] sources, Slice? bias, Tensor output)
    {
        var calls = new List<CpuCall>();
        (Tensor Image, Slice Filter)[] folded = Array.ConvertAll(sources, source =>
            (_shape.IsTransposed ? source.Image : FoldImages(source.Image, calls), FoldFilters(source.Filter, calls)));
        if (!_shape.IsTransposed)
            return [.. calls, new WinogradCorrelationCall(name, _shape, folded, bias, output)];
        CpuTensor result = CreateImages(output.Shape);
        return [.. calls, new WinogradCorrelationCall(name, _shape, folded, bias, result),
            FoldedImageCall.Unfold(result, output)];
    }

    /// <summary>The calls of a filter's gradient.</summary>
    public CpuCall[] SumFilterGradient(
        string name, ConvolutionShape shape, (Tensor Image, Tensor Cotangent)[] sources, Tensor biasCotangent, Slice filterResult,
        Slice? biasResult, SampleProducts? wanted)
    {
        var calls = new List<CpuCall>();
        (Tensor Image, Tensor Cotangent)[] folded = [.. sources];
        for (int i = 0; i < folded.Length; i++)
            folded[i].Image = FoldImages(folded[i].Image, calls);
        SampleProducts? products = wanted is SampleProducts given
            ? given with { WeightDirections = FoldFilters(given.WeightDirections, calls) }
            : null;
        return [.. calls, new WinogradFilterGradientCall(
            name, _shape, (inputs, outputs) => new FilterGradientOrder(shape, inputs, outputs, Taps, _positions), folded, biasCotangent,
            filterResult, biasResult, products)];
    }

    private static int Fold(int length) => (length + Stride - 1) / Stride;

    private static CpuTensor FoldImages(Tensor images, List<CpuCall> calls)
    {
        CpuTensor folded = CreateImages(images.Shape);
        calls.Add(FoldedImageCall.Fold(images, folded));
        return folded;
    }

    private Slice FoldFilters(Slice filters, List<CpuCall> calls)
    {
        int length = checked(filters.Length / _positions.Length * _foldedRun);
        var folded = new CpuTensor(
            new TensorShape(filters.Vector.Shape.Members, filters.Vector.Shape.Samples, length), isTransient: true);
        calls.Add(new FoldedFilterCall(filters, folded, _positions, _foldedRun));
        return new Slice(folded, 0, length);
    }

    private static CpuTensor CreateImages(TensorShape images)
        => new(new TensorShape(images.Members, images.Samples, Phases * images.Channels, Fold(images.Height), Fold(images.Width)),
            isTransient: true);

    /// <summary>Finds where a folded filter has each value of a filter.</summary>
    /// <param name="inputs">I.</param>
    /// <param name="kernelSize">k.</param>
    /// <param name="first">The row of tap 0 among the six rows of the image that a folded window covers: 0 or 1.</param>
    private static int[] FindPositions(int inputs, int kernelSize, int first)
    {
        var positions = new int[inputs * kernelSize * kernelSize];
        int i = 0;
        for (int input = 0; input < inputs; input++)
        {
            for (int row = first; row < first + kernelSize; row++)
            {
                for (int column = first; column < first + kernelSize; column++, i++)
                {
                    int phase = row % Stride * Stride + column % Stride;
                    positions[i] = ((phase * inputs + input) * KernelSize + row / Stride) * KernelSize + column / Stride;
                }
            }
        }
        return positions;
    }
}
