using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device picks the samples of its own members.</summary>
internal sealed class SplitGather(SplitDevice split) : Gather
{
    protected override void SamplesCore(Tensor source, Tensor indices, Tensor y)
        => split.ForEachDevice(y, (device, i) => device.Gather.Samples(source.On(i), indices.On(i), y.On(i)));
}
