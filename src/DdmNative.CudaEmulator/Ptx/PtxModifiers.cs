namespace DdmNative.CudaEmulator.Ptx;

public enum PtxRounding : byte { None, Rn, Rz, Rm, Rp, Rna, Rni, Rzi, Rmi, Rpi }

public enum PtxSpace : byte { Generic, Global, Shared, Local, Param, Const }

/// <summary>Comparisons of <c>set</c>, <c>setp</c>; <c>lo ls hi hs</c> are unsigned, those that end in <c>u</c> are true for NaN.</summary>
public enum PtxComparison : byte { None, Eq, Ne, Lt, Le, Gt, Ge, Lo, Ls, Hi, Hs, Equ, Neu, Ltu, Leu, Gtu, Geu, Num, Nan }

/// <summary>
/// Operations of atom, red, redux, bar.red, mma on bits, and the Boolean operation that <c>setp</c> combines its result with.
/// </summary>
public enum PtxOperation : byte { None, And, Or, Xor, Cas, Exch, Add, Inc, Dec, Min, Max, Popc }

public enum PtxMemoryOrder : byte { None, Weak, Volatile, Relaxed, Acquire, Release, AcquireRelease, SequentiallyConsistent, Mmio }

public enum PtxScope : byte { None, Cta, Cluster, Gpu, Sys }

public enum PtxCacheOperator : byte { None, Ca, Cg, Cs, Lu, Cv, Wb, Wt }

/// <summary>Mutually exclusive modes of an opcode: shfl, vote, match, shf, prmt, testp, isspacep.</summary>
public enum PtxMode : byte
{
    None,
    Up, Down, Bfly, Idx,
    All, Any, Uni, Ballot,
    Left, Right,
    F4e, B4e, Rc8, Ecl, Ecr, Rc16,
    Finite, Infinite, Number, NotANumber, Normal, Subnormal,
}

[Flags]
public enum PtxQualifiers
{
    None = 0,
    Ftz = 1 << 0,
    /// <summary>Clamps a float to [0, 1], an integer to the range of its type.</summary>
    Sat = 1 << 1,
    Approx = 1 << 2,
    Full = 1 << 3,
    Hi = 1 << 4,
    Lo = 1 << 5,
    Wide = 1 << 6,
    /// <summary>Sets the condition code (<c>add.cc</c>, <c>mad.lo.cc</c>).</summary>
    CarryOut = 1 << 7,
    Uni = 1 << 8,
    Aligned = 1 << 9,
    Sync = 1 << 10,
    /// <summary>NaN takes precedence in min and max.</summary>
    NaN = 1 << 11,
    Relu = 1 << 12,
    XorSign = 1 << 13,
    Absolute = 1 << 14,
    Trans = 1 << 15,
    /// <summary>The non-coherent read-only path (<c>ld.global.nc</c>).</summary>
    NonCoherent = 1 << 16,
    /// <summary><c>cvta.to</c></summary>
    To = 1 << 17,
    ShiftAmount = 1 << 18,
    Wrap = 1 << 19,
    Clamp = 1 << 20,
    NoFtz = 1 << 21,
    /// <summary>An operand with an eviction policy follows; it affects only speed.</summary>
    CacheHint = 1 << 22,
    Satfinite = 1 << 23,
}

/// <summary>Row- or column-major order of a matrix fragment.</summary>
public enum PtxLayout : byte { None, Row, Col }

/// <summary>
/// The words after an opcode, by meaning. Each opcode accepts only its own (see PtxInstructionTable); anything else is a load error.
/// </summary>
public sealed class PtxModifiers
{
    /// <summary>Types in the order written: <c>cvt</c> has destination then source; <c>mma</c> D, A, B, C.</summary>
    public IReadOnlyList<PtxType> Types { get; internal set; } = [];

    public PtxRounding Rounding { get; internal set; }
    public PtxSpace Space { get; internal set; }

    /// <summary>Second space, for <c>cp.async.cg.shared.global</c> (there <see cref="Space"/> is shared).</summary>
    public PtxSpace SourceSpace { get; internal set; }
    public PtxComparison Comparison { get; internal set; }
    public PtxOperation Operation { get; internal set; }
    public PtxMemoryOrder Order { get; internal set; }
    public PtxScope Scope { get; internal set; }
    public PtxCacheOperator Cache { get; internal set; }
    public PtxMode Mode { get; internal set; }
    public PtxQualifiers Flags { get; internal set; }

    /// <summary>
    /// Values moved at once: 1, 2 or 4 (<c>.v2</c>, <c>.v4</c>); for <c>ldmatrix</c> the number of matrices (<c>.x1 .x2 .x4</c>).
    /// </summary>
    public int Vector { get; internal set; } = 1;

    /// <summary>M, N, K of mma and wmma; rows and columns of ldmatrix (K = 0).</summary>
    public (int M, int N, int K) Shape { get; internal set; }
    public PtxLayout LayoutA { get; internal set; }
    public PtxLayout LayoutB { get; internal set; }

    /// <summary>The first type, or none; most opcodes have only this one.</summary>
    public PtxType Type => Types.Count > 0 ? Types[0] : PtxType.None;

    public bool Has(PtxQualifiers flag) => (Flags & flag) != 0;
}
