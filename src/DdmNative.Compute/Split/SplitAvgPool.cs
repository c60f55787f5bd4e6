using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device pools its own members.</summary>
internal sealed class SplitAvgPool(SplitDevice split) : AvgPool
{
    protected override void ForwardCore(PoolingShape shape, Tensor x, Tensor y)
        => split.ForEachDevice(y, (device, i) => device.AvgPool.Forward(shape, x.On(i), y.On(i)));

    protected override void BackwardCore(PoolingShape shape, Tensor cotangent, Tensor xCotangent)
        => split.ForEachDevice(xCotangent, (device, i) => device.AvgPool.Backward(shape, cotangent.On(i), xCotangent.On(i)));
}
