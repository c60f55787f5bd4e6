using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// How a kernel reads and writes a vector of channels. A kernel is generic over it, so that the loop over whole vectors contains no call:
/// one call in a loop, even if it is never made, forces the compiler to spill every vector that is live across it.
/// </summary>
internal unsafe interface ILaneAccess<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    /// <summary>The first <paramref name="count"/> floats; other lanes are zero.</summary>
    static abstract TVector Load(float* source, int count);

    /// <summary>Stores the first <paramref name="count"/> lanes and does not write the memory after them.</summary>
    static abstract void Store(TVector values, float* target, int count);
}

/// <summary>All lanes, for any count.</summary>
internal readonly unsafe struct WholeLanes<TVector> : ILaneAccess<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load(float* source, int count) => TVector.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(TVector values, float* target, int count) => values.Store(target);
}

/// <summary>The remaining channels when they do not fill a vector.</summary>
internal readonly unsafe struct PartLanes<TVector> : ILaneAccess<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    public static TVector Load(float* source, int count)
    {
        float* lanes = stackalloc float[LanePart.Lanes];
        for (int i = 0; i < TVector.Lanes; i++)
            lanes[i] = i < count ? source[i] : 0;
        return TVector.Load(lanes);
    }

    public static void Store(TVector values, float* target, int count)
    {
        float* lanes = stackalloc float[LanePart.Lanes];
        values.Store(lanes);
        for (int i = 0; i < Math.Min(count, TVector.Lanes); i++)
            target[i] = lanes[i];
    }
}

/// <summary>Sixteen lanes on every machine, where the count is only known at run time, outside loops.</summary>
internal static unsafe class LanePart
{
    /// <summary>Floats of a cache line, to whose multiples layouts round channels up: the lanes of the widest vector.</summary>
    public const int Lanes = 16;

    public static Vector512<float> Load(float* source, int count)
    {
        if (count >= Lanes)
            return Vector512.Load(source);
        float* lanes = stackalloc float[Lanes];
        for (int i = 0; i < Lanes; i++)
            lanes[i] = i < count ? source[i] : 0;
        return Vector512.Load(lanes);
    }

    public static void Store(Vector512<float> values, float* target, int count)
    {
        if (count >= Lanes)
        {
            values.Store(target);
            return;
        }
        float* lanes = stackalloc float[Lanes];
        values.Store(lanes);
        for (int i = 0; i < count; i++)
            target[i] = lanes[i];
    }
}
