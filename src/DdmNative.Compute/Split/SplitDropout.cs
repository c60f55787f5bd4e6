using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device drops elements of its own members; the mask does not depend on the member.</summary>
internal sealed class SplitDropout(SplitDevice split) : Dropout
{
    protected override void ApplyCore(float rate, ulong seed, int layer, Tensor keys, Tensor x, Tensor y)
        => split.ForEachDevice(y, (device, i) => device.Dropout.Apply(rate, seed, layer, keys.On(i), x.On(i), y.On(i)));
}
