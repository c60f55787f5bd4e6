using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device draws numbers for its own members, from the streams that these have in the whole ensemble.</summary>
internal sealed class SplitPhilox(SplitDevice split) : Philox
{
    protected override void FillUniformCore(Slice values, float low, float high, ulong seed, uint stream)
        => split.ForEachDevice(values.Vector, (device, i)
            => device.Philox.FillUniform(values.On(i), low, high, seed,
                stream + (uint)split.MembersOf(i, values.Vector.Shape.Members).First));
}
