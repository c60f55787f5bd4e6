using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device unrolls the images of its own members.</summary>
internal sealed class SplitFlatten(SplitDevice split) : Flatten
{
    protected override void ForwardCore(Tensor x, Tensor y)
        => split.ForEachDevice(y, (device, i) => device.Flatten.Forward(x.On(i), y.On(i)));

    protected override void BackwardCore(Tensor y, Tensor x)
        => split.ForEachDevice(x, (device, i) => device.Flatten.Backward(y.On(i), x.On(i)));
}
