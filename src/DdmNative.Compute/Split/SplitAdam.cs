using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device updates its own members.</summary>
internal sealed class SplitAdam(SplitDevice split) : Adam
{
    protected override void StepCore(AdamOptions options, Tensor values, Tensor firstMoment, Tensor secondMoment, Tensor gradient,
        Tensor corrections)
        => split.ForEachDevice(values,
            (device, i) => device.Adam.Step(options, values.On(i), firstMoment.On(i), secondMoment.On(i), gradient.On(i),
            corrections.On(i)));
}
