using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device pools its own members.</summary>
internal sealed class SplitReluAvgPool(SplitDevice split) : ReluAvgPool
{
    protected override void ForwardCore(int window, Tensor x, Tensor y)
        => split.ForEachDevice(y, (device, i) => device.ReluAvgPool.Forward(window, x.On(i), y.On(i)));

    protected override void ForwardTangentCore(int window, Tensor x, Tensor xTangent, Tensor yTangent)
        => split.ForEachDevice(yTangent, (device, i) => device.ReluAvgPool.ForwardTangent(window, x.On(i), xTangent.On(i), yTangent.On(i)));

    protected override void BackwardCore(int window, Tensor x, Tensor cotangent, Tensor xCotangent)
        => split.ForEachDevice(xCotangent, (device, i) => device.ReluAvgPool.Backward(window, x.On(i), cotangent.On(i), xCotangent.On(i)));
}
