using DdmNative.Compute.Contracts;
using DdmNative.Compute.Ilgpu.Products;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// Convolution as an implicit matrix product (<see cref="ProductKernel"/>); a tangent is the same product with two sources, [x; ẋ] against
/// [Ẇ; W]. Filters are read in place, in PyTorch's order.
/// </summary>
internal sealed class IlgpuConvolution(IlgpuDevice device) : Convolution
{
    private readonly ProductLauncher _products = new(device);
    private readonly ChannelSums _biases = new(device);

    protected override void ForwardCore(ConvolutionShape shape, Tensor x, Slice filter, Slice? bias, Tensor y)
        => Correlate(shape, isForward: true, (x, filter), null, bias, y);

    protected override void ForwardTangentCore(
        ConvolutionShape shape, Tensor x, Tensor? xTangent, Slice filter, Slice filterTangent, Slice? biasTangent, Tensor yTangent)
        => Correlate(shape, isForward: true, (x, filterTangent), xTangent is null ? null : (xTangent, filter), biasTangent, yTangent);

    protected override void BackwardDataCore(ConvolutionShape shape, Tensor cotangent, Slice filter, Tensor xCotangent)
        => Correlate(shape, isForward: false, (cotangent, filter), null, null, xCotangent);

    protected override void BackwardDataTangentCore(
        ConvolutionShape shape, Tensor cotangent, Tensor cotangentTangent, Slice filter, Slice filterTangent, Tensor xCotangentTangent)
        => Correlate(shape, isForward: false, (cotangentTangent, filter), (cotangent, filterTangent), null, xCotangentTangent);

    protected override void BackwardFilterCore(ConvolutionShape shape, Tensor x, Tensor cotangent, Slice filterCotangent,
        Slice? biasCotangent)
        => FilterGradient(shape, (cotangent, x), null, filterCotangent, cotangent, biasCotangent);

    protected override void BackwardFilterTangentCore(
        ConvolutionShape shape, Tensor x, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, Slice filterCotangentTangent,
        Slice? biasCotangentTangent)
        => FilterGradient(shape, (cotangentTangent, x), xTangent is null
            ? null : (cotangent, xTangent), filterCotangentTangent, cotangentTangent, biasCotangentTangent);

    private void Correlate(ConvolutionShape shape, bool isForward, (Tensor Images, Slice Filter) first,
        (Tensor Images, Slice Filter)? second, Slice? bias, Tensor result)
    {
        (Tensor images, Slice filter) = second ?? first;
        foreach (CorrelationWindows windows in isForward ? [CorrelationWindows.Forward(shape)] : CorrelationWindows.BackwardData(shape))
        {
            ProductExtents extents = CorrelationProduct.ExtentsOf(windows, result.Shape.Samples)
                with { Sources = second is null ? 1 : 2, HasBias = bias is null ? 0 : 1 };
            _products.Run(extents, result.Shape.Members, (memory, tiled) => new CorrelationProduct(
                windows, tiled with { Result = memory.Operand(result), Bias = bias is Slice added
                ? memory.Operand(added) : memory.Operand(result) },
                (memory.Operand(first.Images), memory.Operand(images)), (memory.Operand(first.Filter), memory.Operand(filter))));
        }
    }

    private void FilterGradient(
        ConvolutionShape shape, (Tensor Cotangent, Tensor Images) first, (Tensor Cotangent, Tensor Images)? second, Slice filterResult,
        Tensor biasSource, Slice? biasResult)
    {
        (Tensor cotangent, Tensor images) = second ?? first;
        ProductExtents extents = FilterGradientProduct.ExtentsOf(shape, first.Images.Shape.Samples)
            with { Sources = second is null ? 1 : 2 };
        _products.RunSplit(extents, filterResult.Vector.Shape.Members, filterResult, (memory, tiled) => new FilterGradientProduct(
            shape, tiled with { Bias = tiled.Result }, (memory.Operand(first.Cotangent), memory.Operand(cotangent)),
            (memory.Operand(first.Images), memory.Operand(images))));
        if (biasResult is Slice bias)
            _biases.Run(biasSource, bias);
    }
}
