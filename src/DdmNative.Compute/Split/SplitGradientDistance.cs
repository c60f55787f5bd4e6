using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device compares the gradients of its own members.</summary>
internal sealed class SplitGradientDistance(SplitDevice split) : GradientDistance
{
    protected override void EvaluateCore(
        GradientDistanceKind kind, IReadOnlyList<ParameterBlock> blocks, Tensor gradient, Tensor target, Tensor distance,
        Tensor gradientCotangent)
        => split.ForEachDevice(gradientCotangent, (device, i) => device.GradientDistance.Evaluate(
            kind, blocks, gradient.On(i), target.On(i), distance.On(i), gradientCotangent.On(i)));
}
