using ILGPU;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// Sums over the threads of a group, four at a time, in an order that depends only on the group's size. Through shared memory and not with
/// shuffles, which not all OpenCL accelerators have: one barrier for the threads' values, one for up to sixteen sums of them.
/// </summary>
internal static class GroupSum
{
    /// <summary>Threads of the largest group.</summary>
    public const int MostThreads = 256;

    private const int Lanes = 16;

    /// <summary>Returns the four sums in every thread. All threads of the group must call it.</summary>
    /// <param name="value">The thread's own terms.</param>
    /// <param name="scratch">Shared memory for <see cref="MostThreads"/>; free again when the method returns.</param>
    public static Four Compute(Four value, ArrayView<Four> scratch)
    {
        int lanes = Group.DimX < Lanes ? Group.DimX : Lanes;
        scratch[Group.IdxX] = value;
        Group.Barrier();
        if (Group.IdxX < lanes)
        {
            Four sum = scratch[Group.IdxX];
            for (int i = Group.IdxX + lanes; i < Group.DimX; i += lanes)
                sum += scratch[i];
            scratch[Group.IdxX] = sum;
        }
        Group.Barrier();
        Four total = scratch[0];
        for (int i = 1; i < lanes; i++)
            total += scratch[i];
        Group.Barrier();
        return total;
    }
}
