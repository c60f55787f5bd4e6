using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Cpu;

/// <summary>A kernel that computes every element in the same way: sixteen at once, or the few that remain.</summary>
internal interface IElementwise
{
    /// <summary>Computes elements <paramref name="i"/>… of the kernel's operands.</summary>
    void Apply<TLanes>(long i, int lanes)
        where TLanes : struct, ILaneAccess;
}

/// <summary>The one loop of every elementwise kernel; a new kernel is a small struct.</summary>
internal static class Elementwise
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<TOperation>(TOperation operation, long length)
        where TOperation : struct, IElementwise
    {
        long i = 0;
        for (; i + LanePart.Lanes <= length; i += LanePart.Lanes)
            operation.Apply<WholeLanes>(i, LanePart.Lanes);
        if (i < length)
            operation.Apply<PartLanes>(i, (int)(length - i));
    }
}
