using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The linear layer on the micro-kernel. Forward packs Wᵀ into panels; backward reads W's rows as they are, or packed if there are
/// many; the weight's gradient is summed in place as [O, I] while the samples stream through, or, if it is large, block by block of the
/// matrix.
/// </summary>
internal sealed class CpuMatrixProduct(CpuDevice device) : MatrixProduct
{
    protected override void ForwardCore(Tensor x, Slice weight, Slice? bias, Tensor y)
        => device.Submit(
            new MatrixForwardCall("matrix-product.forward", [(x, weight)], bias, y, areOneBatch: AreOneBatch(x, weight, bias)));

    protected override void ForwardTangentCore(Tensor x, Tensor? xTangent, Slice weight, Slice weightTangent, Slice? biasTangent,
        Tensor yTangent)
        => device.Submit(new MatrixForwardCall(
            "matrix-product.forward-tangent", xTangent is null
            ? [(x, weightTangent)] : [(x, weightTangent), (xTangent, weight)], biasTangent, yTangent));

    protected override void BackwardDataCore(Tensor cotangent, Slice weight, Tensor xCotangent)
        => MultiplyBack("matrix-product.backward-data", [(cotangent, weight)], xCotangent);

    protected override void BackwardDataTangentCore(
        Tensor cotangent, Tensor cotangentTangent, Slice weight, Slice weightTangent, Tensor xCotangentTangent)
        => MultiplyBack("matrix-product.backward-data-tangent", [(cotangentTangent, weight), (cotangent, weightTangent)],
            xCotangentTangent);

    protected override void BackwardWeightCore(Tensor x, Tensor cotangent, Slice weightCotangent, Slice? biasCotangent)
        => device.Submit(new MatrixBackwardWeightCall("matrix-product.backward-weight", [(x, cotangent)], cotangent, weightCotangent,
            biasCotangent));

    protected override void BackwardWeightCore(Tensor x, Tensor cotangent, Slice weightCotangent, Slice? biasCotangent,
        SampleProducts products)
        => device.Submit(new MatrixBackwardWeightCall(
            "matrix-product.backward-weight-products", [(x, cotangent)], cotangent, weightCotangent, biasCotangent, products));

    protected override void BackwardWeightTangentCore(
        Tensor x, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, Slice weightCotangentTangent, Slice? biasCotangentTangent)
        => device.Submit(new MatrixBackwardWeightCall(
            "matrix-product.backward-weight-tangent",
            xTangent is null ? [(x, cotangentTangent)] : [(x, cotangentTangent), (xTangent, cotangent)],
            cotangentTangent, weightCotangentTangent, biasCotangentTangent));

    /// <summary>Whether members with one row each share a matrix so large that a pass over it for every row would be slow.</summary>
    private bool AreOneBatch(Tensor x, Slice weight, Slice? bias)
        => x.Shape is { Members: > 1, Samples: 1 } && weight.Vector.Shape.Members == 1 && bias is not { Vector.Shape.Members: > 1 }
            && CpuSegment.IsMuch(weight.Length, device.Caches);

    /// <summary>δx = δy W: a large matrix is worth packing, like that of forward.</summary>
    private void MultiplyBack(string name, (Tensor Cotangent, Slice Weight)[] sources, Tensor result)
        => device.Submit(result.Shape.Samples >= MatrixForwardCall.LeastRows && CpuSegment.IsMuch(sources[0].Weight.Length, device.Caches)
            ? new MatrixForwardCall(name, sources, null, result, isTransposed: true)
            : new MatrixBackwardDataCall(name, sources, result));
}
