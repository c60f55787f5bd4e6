using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device sums over its own members.</summary>
internal sealed class SplitReduction(SplitDevice split) : Reduction
{
    protected override void SumSamplesCore(Tensor x, Tensor y)
        => split.ForEachDevice(y, (device, i) => device.Reduction.SumSamples(x.On(i), y.On(i)));

    protected override void DotCore(Tensor a, Tensor b, Tensor y)
        => split.ForEachDevice(y, (device, i) => device.Reduction.Dot(a.On(i), b.On(i), y.On(i)));
}
