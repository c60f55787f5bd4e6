namespace DdmNative.CudaEmulator.Ptx;

/// <summary>Fundamental and packed types of PTX (ISA 8.x, chapter 5.2).</summary>
public enum PtxType : byte
{
    None,
    Pred,
    B1,
    S4,
    U4,
    B8,
    S8,
    U8,
    E4M3,
    E5M2,
    B16,
    S16,
    U16,
    F16,
    BF16,
    E4M3x2,
    E5M2x2,
    B32,
    S32,
    U32,
    F32,
    TF32,
    F16x2,
    BF16x2,
    U16x2,
    S16x2,
    B64,
    S64,
    U64,
    F64,
    B128,
}

/// <summary>Properties of a <see cref="PtxType"/>.</summary>
public static class PtxTypeFacts
{
    /// <summary>Bytes of a value in memory; predicates and types smaller than a byte take one.</summary>
    public static int ByteSize(this PtxType type) => type switch
    {
        PtxType.None => 0,
        < PtxType.B16 => 1,
        < PtxType.B32 => 2,
        < PtxType.B64 => 4,
        < PtxType.B128 => 8,
        _ => 16,
    };

    public static bool IsSigned(this PtxType type)
        => type is PtxType.S4 or PtxType.S8 or PtxType.S16 or PtxType.S32 or PtxType.S64 or PtxType.S16x2;

    public static bool IsFloat(this PtxType type) =>
        type is PtxType.F16 or PtxType.BF16 or PtxType.F32 or PtxType.TF32 or PtxType.F16x2 or PtxType.BF16x2 or PtxType.F64 or PtxType.E4M3
        or PtxType.E5M2 or PtxType.E4M3x2 or PtxType.E5M2x2;

    /// <summary>Signed, unsigned or untyped bits; not a predicate and not a float.</summary>
    public static bool IsInteger(this PtxType type) => type is not (PtxType.None or PtxType.Pred) && !type.IsFloat();
}
