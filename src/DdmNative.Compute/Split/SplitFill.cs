using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device fills the vectors of its own members.</summary>
internal sealed class SplitFill(SplitDevice split) : Fill
{
    protected override void AssignCore(Slice target, float value)
        => split.ForEachDevice(target.Vector, (device, i) => device.Fill.Assign(target.On(i), value));
}
