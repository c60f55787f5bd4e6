using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>A kernel that computes every element in the same way: a whole vector at once, or the few that remain.</summary>
internal interface IElementwise
{
    /// <summary>Computes elements <paramref name="i"/>… of the kernel's operands.</summary>
    void Apply<TVector, TLanes>(long i, int lanes)
        where TVector : unmanaged, IVector<TVector>
        where TLanes : struct, ILaneAccess<TVector>;
}

/// <summary>The one loop of every elementwise kernel; a new kernel is a small struct.</summary>
internal static class Elementwise
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<TOperation>(TOperation operation, long length)
        where TOperation : struct, IElementwise
    {
        if (Vector512.IsHardwareAccelerated)
            Run<Vector16, TOperation>(operation, length);
        else
            Run<Vector8, TOperation>(operation, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Run<TVector, TOperation>(TOperation operation, long length)
        where TVector : unmanaged, IVector<TVector>
        where TOperation : struct, IElementwise
    {
        long i = 0;
        for (; i + TVector.Lanes <= length; i += TVector.Lanes)
            operation.Apply<TVector, WholeLanes<TVector>>(i, TVector.Lanes);
        if (i < length)
            operation.Apply<TVector, PartLanes<TVector>>(i, (int)(length - i));
    }
}
