using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device pools its own members.</summary>
internal sealed class SplitMaxPool(SplitDevice split) : MaxPool
{
    protected override void ForwardCore(PoolingShape shape, Tensor x, Tensor y)
        => split.ForEachDevice(y, (device, i) => device.MaxPool.Forward(shape, x.On(i), y.On(i)));

    protected override void ForwardTangentCore(PoolingShape shape, Tensor x, Tensor xTangent, Tensor yTangent)
        => split.ForEachDevice(yTangent, (device, i) => device.MaxPool.ForwardTangent(shape, x.On(i), xTangent.On(i), yTangent.On(i)));

    protected override void BackwardCore(PoolingShape shape, Tensor x, Tensor cotangent, Tensor xCotangent)
        => split.ForEachDevice(xCotangent, (device, i) => device.MaxPool.Backward(shape, x.On(i), cotangent.On(i), xCotangent.On(i)));
}
