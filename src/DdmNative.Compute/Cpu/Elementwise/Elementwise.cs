using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Cpu;

/// <summary>A kernel that computes every element in the same way: a vector at once, or the few that remain.</summary>
internal interface IElementwise<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    /// <summary>Computes elements <paramref name="i"/>… of the kernel's operands.</summary>
    void Apply<TLanes>(long i, int lanes)
        where TLanes : struct, ILaneAccess<TVector>;
}

/// <summary>A kernel of few live vectors, which has sixteen lanes on every machine.</summary>
internal interface IElementwise : IElementwise<Vector16>;

/// <summary>The one loop of every elementwise kernel; a new kernel is a small struct.</summary>
internal static class Elementwise
{
    public static void Run<TOperation>(TOperation operation, long length)
        where TOperation : struct, IElementwise
        => Run<TOperation, Vector16>(operation, length);

    public static void Run<TOperation, TVector>(TOperation operation, long length)
        where TOperation : struct, IElementwise<TVector>
        where TVector : unmanaged, IVector<TVector>
    {
        long whole = length / TVector.Lanes * TVector.Lanes;
        RunWhole<TOperation, TVector>(operation, whole);
        if (whole < length)
            RunRest<TOperation, TVector>(operation, whole, (int)(length - whole));
    }

    // Two methods: the calls for the rest would keep the operation's vectors in memory in the loop.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunWhole<TOperation, TVector>(TOperation operation, long length)
        where TOperation : struct, IElementwise<TVector>
        where TVector : unmanaged, IVector<TVector>
    {
        // The compiler keeps the fields of a local in registers, those of a parameter in memory.
        TOperation local = operation;
        for (long i = 0; i < length; i += TVector.Lanes)
            local.Apply<WholeLanes<TVector>>(i, TVector.Lanes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunRest<TOperation, TVector>(TOperation operation, long i, int count)
        where TOperation : struct, IElementwise<TVector>
        where TVector : unmanaged, IVector<TVector>
        => operation.Apply<PartLanes<TVector>>(i, count);
}
