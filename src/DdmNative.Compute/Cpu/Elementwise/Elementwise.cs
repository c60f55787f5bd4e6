using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Cpu;

/// <summary>A kernel that computes every element in the same way: sixteen at once, or the few that remain.</summary>
internal interface IElementwise
{
    /// <summary>Computes elements <paramref name="i"/>… of the kernel's operands.</summary>
    void Apply<TLanes>(long i, int lanes)
        where TLanes : struct, ILaneAccess<Vector16>;
}

/// <summary>The one loop of every elementwise kernel; a new kernel is a small struct.</summary>
internal static class Elementwise
{
    public static void Run<TOperation>(TOperation operation, long length)
        where TOperation : struct, IElementwise
    {
        long whole = length / LanePart.Lanes * LanePart.Lanes;
        RunWhole(operation, whole);
        if (whole < length)
            RunRest(operation, whole, (int)(length - whole));
    }

    // Two methods: the calls for the rest would keep the operation's vectors in memory in the loop.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunWhole<TOperation>(TOperation operation, long length)
        where TOperation : struct, IElementwise
    {
        // The compiler keeps the fields of a local in registers, those of a parameter in memory.
        TOperation local = operation;
        for (long i = 0; i < length; i += LanePart.Lanes)
            local.Apply<WholeLanes<Vector16>>(i, LanePart.Lanes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunRest<TOperation>(TOperation operation, long i, int count)
        where TOperation : struct, IElementwise
        => operation.Apply<PartLanes<Vector16>>(i, count);
}
