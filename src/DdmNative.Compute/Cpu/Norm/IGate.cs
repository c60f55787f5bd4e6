using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Cpu;

/// <summary>Which cotangents pass from a norm's consumer to the norm.</summary>
internal interface IGate
{
    static abstract TVector Pass<TVector>(TVector y, TVector cotangent)
        where TVector : unmanaged, IVector<TVector>;
}

/// <summary>The gate of a ReLU: passes the cotangents where y is above zero.</summary>
internal readonly struct PositiveGate : IGate
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Pass<TVector>(TVector y, TVector cotangent)
        where TVector : unmanaged, IVector<TVector>
        => TVector.WherePositive(y, cotangent);
}

/// <summary>Passes all cotangents.</summary>
internal readonly struct OpenGate : IGate
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Pass<TVector>(TVector y, TVector cotangent)
        where TVector : unmanaged, IVector<TVector>
        => cotangent;
}
