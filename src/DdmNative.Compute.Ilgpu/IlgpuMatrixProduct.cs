using DdmNative.Compute.Contracts;
using DdmNative.Compute.Ilgpu.Products;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// The linear layer's products (<see cref="ProductKernel"/>), in the orientation in which a bias belongs to a row: y = xWᵀ is computed as
/// its transpose, [outputs, samples]. A tangent is the same product with two sources.
/// </summary>
internal sealed class IlgpuMatrixProduct(IlgpuDevice device) : MatrixProduct
{
    private readonly ProductLauncher _products = new(device);
    private readonly ChannelSums _biases = new(device);

    protected override void ForwardCore(Tensor x, Slice weight, Slice? bias, Tensor y) => Forward((x, weight), null, bias, y);

    protected override void ForwardTangentCore(Tensor x, Tensor? xTangent, Slice weight, Slice weightTangent, Slice? biasTangent,
        Tensor yTangent)
        => Forward((x, weightTangent), xTangent is null ? null : (xTangent, weight), biasTangent, yTangent);

    protected override void BackwardDataCore(Tensor cotangent, Slice weight, Tensor xCotangent)
        => BackwardData((cotangent, weight), null, xCotangent);

    protected override void BackwardDataTangentCore(Tensor cotangent, Tensor cotangentTangent, Slice weight, Slice weightTangent,
        Tensor xCotangentTangent)
        => BackwardData((cotangentTangent, weight), (cotangent, weightTangent), xCotangentTangent);

    protected override void BackwardWeightCore(Tensor x, Tensor cotangent, Slice weightCotangent, Slice? biasCotangent)
        => BackwardWeight((cotangent, x), null, weightCotangent, cotangent, biasCotangent);

    protected override void BackwardWeightTangentCore(
        Tensor x, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, Slice weightCotangentTangent, Slice? biasCotangentTangent)
        => BackwardWeight((cotangentTangent, x), xTangent is null
            ? null : (cotangent, xTangent), weightCotangentTangent, cotangentTangent, biasCotangentTangent);

    /// <summary>yᵀ [O, N] = W [O, I] · xᵀ [I, N], and the bias if there is one.</summary>
    private void Forward((Tensor X, Slice Weight) first, (Tensor X, Slice Weight)? second, Slice? bias, Tensor y)
    {
        (Tensor x, Slice weight) = second ?? first;
        (int samples, int inputs, int outputs) = (y.Shape.Samples, x.Shape.Channels, y.Shape.Channels);
        ProductExtents extents = new() { Rows = outputs, Columns = samples, Depth = inputs, Sources = second is null
            ? 1 : 2, ResultRow = 1, HasBias = bias is null ? 0 : 1 };
        _products.Run(extents, y.Shape.Members, (memory, tiled) => new StridedProduct(
            tiled with { Result = memory.Operand(y), Bias = bias is Slice added ? memory.Operand(added) : memory.Operand(y) },
            (memory.Operand(first.Weight), memory.Operand(weight)),
            (inputs, 1), (memory.Operand(first.X), memory.Operand(x)), (1, inputs), outputs));
    }

    /// <summary>δx [N, I] = δ [N, O] · W [O, I].</summary>
    private void BackwardData((Tensor Cotangent, Slice Weight) first, (Tensor Cotangent, Slice Weight)? second, Tensor result)
    {
        (Tensor cotangent, Slice weight) = second ?? first;
        (int samples, int inputs, int outputs) = (result.Shape.Samples, result.Shape.Channels, cotangent.Shape.Channels);
        ProductExtents extents = new() { Rows = samples, Columns = inputs, Depth = outputs, Sources = second is null
            ? 1 : 2, ResultRow = inputs };
        _products.Run(extents, result.Shape.Members, (memory, tiled) => new StridedProduct(
            tiled with { Result = memory.Operand(result), Bias = memory.Operand(result) },
            (memory.Operand(first.Cotangent), memory.Operand(cotangent)), (outputs, 1),
            (memory.Operand(first.Weight), memory.Operand(weight)), (inputs, 1), 1));
    }

    /// <summary>δW [O, I] = δᵀ [O, N] · x [N, I].</summary>
    private void BackwardWeight((Tensor Cotangent, Tensor X) first, (Tensor Cotangent, Tensor X)? second, Slice weightResult,
        Tensor biasSource, Slice? biasResult)
    {
        (Tensor cotangent, Tensor x) = second ?? first;
        (int samples, int inputs, int outputs) = (x.Shape.Samples, x.Shape.Channels, cotangent.Shape.Channels);
        ProductExtents extents = new() { Rows = outputs, Columns = inputs, Depth = samples, Sources = second is null
            ? 1 : 2, ResultRow = inputs };
        _products.RunSplit(extents, weightResult.Vector.Shape.Members, weightResult, (memory, tiled) => new StridedProduct(
            tiled with { Bias = tiled.Result }, (memory.Operand(first.Cotangent), memory.Operand(cotangent)), (1, outputs),
            (memory.Operand(first.X), memory.Operand(x)), (inputs, 1), 1));
        if (biasResult is Slice bias)
            _biases.Run(biasSource, bias);
    }
}
