using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// How a kernel reads and writes sixteen channels. A kernel is generic over it, so that the loop over whole vectors contains no call: one
/// call in a loop, even if it is never made, forces the compiler to spill every vector that is live across it.
/// </summary>
internal unsafe interface ILaneAccess
{
    /// <summary>The first <paramref name="count"/> floats; other lanes are zero.</summary>
    static abstract Vector512<float> Load(float* source, int count);

    /// <summary>Stores the first <paramref name="count"/> lanes and does not write the memory after them.</summary>
    static abstract void Store(Vector512<float> values, float* target, int count);
}

/// <summary>All sixteen lanes, for any count.</summary>
internal readonly unsafe struct WholeLanes : ILaneAccess
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source, int count) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, float* target, int count) => values.Store(target);
}

/// <summary>The remaining channels when their number is not a multiple of sixteen.</summary>
internal readonly unsafe struct PartLanes : ILaneAccess
{
    public static Vector512<float> Load(float* source, int count)
    {
        float* lanes = stackalloc float[LanePart.Lanes];
        for (int i = 0; i < LanePart.Lanes; i++)
            lanes[i] = i < count ? source[i] : 0;
        return Vector512.Load(lanes);
    }

    public static void Store(Vector512<float> values, float* target, int count)
    {
        float* lanes = stackalloc float[LanePart.Lanes];
        values.Store(lanes);
        for (int i = 0; i < Math.Min(count, LanePart.Lanes); i++)
            target[i] = lanes[i];
    }
}

/// <summary>Lane access where the count is only known at run time, outside loops.</summary>
internal static unsafe class LanePart
{
    public const int Lanes = 16;

    public static Vector512<float> Load(float* source, int count)
        => count >= Lanes ? WholeLanes.Load(source, count) : PartLanes.Load(source, count);

    public static void Store(Vector512<float> values, float* target, int count)
    {
        if (count >= Lanes)
            WholeLanes.Store(values, target, count);
        else
            PartLanes.Store(values, target, count);
    }
}
