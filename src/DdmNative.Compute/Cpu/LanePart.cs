using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>Loads and stores of the first lanes of a vector, for the channels left over when their number is no multiple of sixteen.</summary>
internal static unsafe class LanePart
{
    public const int Lanes = 16;

    /// <summary>The first <paramref name="count"/> floats; the other lanes are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source, int count)
        => count >= Lanes ? Vector512.Load(source) : LoadTail(source, count);

    /// <summary>Stores the first <paramref name="count"/> lanes and leaves the memory behind them alone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, float* target, int count)
    {
        if (count >= Lanes)
            values.Store(target);
        else
            StoreTail(values, target, count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector512<float> LoadTail(float* source, int count)
    {
        float* lanes = stackalloc float[Lanes];
        for (int i = 0; i < Lanes; i++)
            lanes[i] = i < count ? source[i] : 0;
        return Vector512.Load(lanes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreTail(Vector512<float> values, float* target, int count)
    {
        float* lanes = stackalloc float[Lanes];
        values.Store(lanes);
        for (int i = 0; i < count; i++)
            target[i] = lanes[i];
    }
}
