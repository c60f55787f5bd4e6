using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Convolution as a matrix product whose rows overlap in memory. In a channels-last image with a zero border, the k·C floats that one
/// filter row needs for one output pixel are consecutive, and the next pixel's begin C floats on; so an output row is a product of [W′,
/// k·C] (row stride C) with [k·C, O], contracted once more over the k filter rows, and no patch is copied.
/// </summary>
/// <remarks>
/// <para>Each tile: x is copied once into its border (read H·W·C, write (H+2p)(W+2p)C), the filter bank is packed once per member into
/// panels [O/32][k][k·C][32], and y is assigned once. 2·H′W′·O·C·k² flops against about 4(HWC + H′W′O) bytes that leave the cache: bound by
/// multiply–adds.</para>
/// <para>A tangent is the same product with the contraction doubled: [x; ẋ] side by side as 2C channels against [Ẇ; W].</para>
/// <para>With a stride σ, rows begin σ·C floats apart. The transpose is then a convolution of stride 1 for each of the σ² phases of the
/// pixels, with the taps that meet them (<see cref="CorrelationPart"/>); or image and filter are folded to a stride of 1 (<see
/// cref="FoldedConvolution"/>).</para>
/// </remarks>
internal sealed class CpuConvolution(CpuDevice device) : Convolution
{
    protected override void ForwardCore(ConvolutionShape shape, Tensor x, Slice filter, Slice? bias, Tensor y)
        => Correlate("convolution.forward", CorrelationShape.Forward(shape), [(x, filter)], bias, y);

    protected override void ForwardTangentCore(
        ConvolutionShape shape, Tensor x, Tensor? xTangent, Slice filter, Slice filterTangent, Slice? biasTangent, Tensor yTangent)
        => Correlate(
            "convolution.forward-tangent", CorrelationShape.Forward(shape),
            xTangent is null ? [(x, filterTangent)] : [(x, filterTangent), (xTangent, filter)], biasTangent, yTangent);

    protected override void BackwardDataCore(ConvolutionShape shape, Tensor cotangent, Slice filter, Tensor xCotangent)
        => Correlate("convolution.backward-data", CorrelationShape.BackwardData(shape), [(cotangent, filter)], null, xCotangent);

    protected override void BackwardDataTangentCore(
        ConvolutionShape shape, Tensor cotangent, Tensor cotangentTangent, Slice filter, Slice filterTangent, Tensor xCotangentTangent)
        => Correlate(
            "convolution.backward-data-tangent", CorrelationShape.BackwardData(shape),
            [(cotangent, filterTangent), (cotangentTangent, filter)], null, xCotangentTangent);

    protected override void BackwardFilterCore(ConvolutionShape shape, Tensor x, Tensor cotangent, Slice filterCotangent,
        Slice? biasCotangent)
        => SumFilterGradient("convolution.backward-filter", shape, [(x, cotangent)], cotangent, filterCotangent, biasCotangent);

    protected override void BackwardFilterCore(ConvolutionShape shape, Tensor x, Tensor cotangent, Slice filterCotangent,
        Slice? biasCotangent, SampleProducts products)
        => SumFilterGradient("convolution.backward-filter-products", shape, [(x, cotangent)], cotangent, filterCotangent, biasCotangent,
            products);

    protected override void BackwardFilterTangentCore(
        ConvolutionShape shape, Tensor x, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, Slice filterCotangentTangent,
        Slice? biasCotangentTangent)
        => SumFilterGradient(
            "convolution.backward-filter-tangent", shape,
            xTangent is null ? [(x, cotangentTangent)] : [(x, cotangentTangent), (xTangent, cotangent)],
            cotangentTangent, filterCotangentTangent, biasCotangentTangent);

    private void Correlate(string name, CorrelationShape shape, (Tensor Image, Slice Filter)[] sources, Slice? bias, Tensor output)
    {
        if (FoldedConvolution.Find(shape, output.Shape.Samples) is FoldedConvolution folded)
            device.Submit(folded.Correlate(name, sources, bias, output));
        else
            device.Submit(
                WinogradTiles.Pays(shape, output.Shape.Samples) ? new WinogradCorrelationCall(name, shape, sources, bias, output)
                : FewChannelsTransposeCall.Fits(shape) ? new FewChannelsTransposeCall(name, shape, sources, output)
                : ScatteredTransposeCall.Fits(shape) ? new ScatteredTransposeCall(name, shape, sources, output)
                : new CorrelationCall(name, shape, sources, bias, output));
    }

    private void SumFilterGradient(
        string name, ConvolutionShape shape, (Tensor Image, Tensor Cotangent)[] sources, Tensor biasCotangent, Slice filterResult,
        Slice? biasResult,
        SampleProducts? products = null)
    {
        CorrelationShape forward = CorrelationShape.Forward(shape);
        if (FoldedConvolution.Find(forward, biasCotangent.Shape.Samples) is FoldedConvolution folded)
            device.Submit(folded.SumFilterGradient(name, shape, sources, biasCotangent, filterResult, biasResult, products));
        else
            device.Submit(WinogradTiles.Pays(forward, biasCotangent.Shape.Samples)
                ? new WinogradFilterGradientCall(name, shape, sources, biasCotangent, filterResult, biasResult, products)
                : new FilterGradientCall(name, shape, sources, biasCotangent, filterResult, biasResult, products));
    }
}
