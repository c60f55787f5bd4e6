using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device computes its own members.</summary>
internal sealed class SplitGelu(SplitDevice split) : Gelu
{
    protected override void ForwardCore(Tensor x, Tensor y)
        => split.ForEachDevice(y, (device, i) => device.Gelu.Forward(x.On(i), y.On(i)));

    protected override void ForwardTangentCore(Tensor x, Tensor xTangent, Tensor yTangent)
        => split.ForEachDevice(yTangent, (device, i) => device.Gelu.ForwardTangent(x.On(i), xTangent.On(i), yTangent.On(i)));

    protected override void BackwardCore(Tensor x, Tensor cotangent, Tensor xCotangent)
        => split.ForEachDevice(xCotangent, (device, i) => device.Gelu.Backward(x.On(i), cotangent.On(i), xCotangent.On(i)));

    protected override void BackwardTangentCore(Tensor x, Tensor xTangent, Tensor cotangent, Tensor cotangentTangent,
        Tensor xCotangentTangent)
        => split.ForEachDevice(xCotangentTangent, (device, i) => device.Gelu.BackwardTangent(
            x.On(i), xTangent.On(i), cotangent.On(i), cotangentTangent.On(i), xCotangentTangent.On(i)));
}
