using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device updates its own members.</summary>
internal sealed class SplitSgd(SplitDevice split) : Sgd
{
    protected override void StepCore(Tensor parameters, Tensor velocity, Tensor gradient, Tensor learningRate, float momentum,
        Tensor? decay, bool nesterov)
        => split.ForEachDevice(parameters, (device, i) => device.Sgd.Step(
            parameters.On(i), velocity.On(i), gradient.On(i), learningRate.On(i), momentum, decay?.On(i), nesterov));
}
