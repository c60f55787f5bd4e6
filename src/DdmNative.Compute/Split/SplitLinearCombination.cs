using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device combines for its own members.</summary>
internal sealed class SplitLinearCombination(SplitDevice split) : LinearCombination
{
    protected override void CombineCore(float alpha, Tensor a, float beta, Tensor b, Tensor y)
        => split.ForEachDevice(y, (device, i) => device.LinearCombination.Combine(alpha, a.On(i), beta, b.On(i), y.On(i)));
}
