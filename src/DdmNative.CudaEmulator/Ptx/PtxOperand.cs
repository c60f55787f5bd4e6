namespace DdmNative.CudaEmulator.Ptx;

/// <summary>An operand that an instruction reads or writes.</summary>
public abstract record PtxOperand;

/// <summary>
/// A virtual register by its index in <see cref="PtxFunction.Registers"/>; <c>!p</c> is negated; <c>-r</c> is not valid PTX.
/// </summary>
public sealed record PtxRegisterOperand(int Register, bool Negated = false) : PtxOperand;

/// <summary>How an immediate was written, which determines the meaning of its bits.</summary>
public enum PtxImmediateKind : byte { WholeNumber, Binary32, Binary64 }

/// <summary>
/// A constant: two's complement of an integer, the bits of a double (<c>0d…</c>, <c>1.5</c>) or, in the low half, of a single (<c>0f…</c>).
/// </summary>
public sealed record PtxImmediate(ulong Bits, PtxImmediateKind Kind) : PtxOperand
{
    /// <summary>
    /// The bits of the constant as a value of the type, in the low bytes: integers wrap, floats are converted to the type's width.
    /// </summary>
    public ulong As(PtxType type) => (type, Kind) switch
    {
        (PtxType.F32 or PtxType.TF32, PtxImmediateKind.Binary64) =>
            BitConverter.SingleToUInt32Bits((float)BitConverter.UInt64BitsToDouble(Bits)),
        (PtxType.F64, PtxImmediateKind.Binary32) => BitConverter.DoubleToUInt64Bits(BitConverter.UInt32BitsToSingle((uint)Bits)),
        _ => type.ByteSize() switch { 1 => (byte)Bits, 2 => (ushort)Bits, 4 => (uint)Bits, _ => Bits },
    };
}

/// <summary><c>[register + offset]</c>, <c>[variable + offset]</c> or <c>[offset]</c>: at most one of the bases is set.</summary>
public sealed record PtxAddress(PtxRegisterOperand? Register, PtxVariable? Variable, long Offset) : PtxOperand;

/// <summary><c>{a, b, c, d}</c>; elements are registers, immediates or sinks.</summary>
public sealed record PtxVectorOperand(IReadOnlyList<PtxOperand> Elements) : PtxOperand;

/// <summary>
/// A position in the function's code: an index into <see cref="PtxFunction.Instructions"/>, one past the last if the label ends the
/// function.
/// </summary>
public sealed record PtxLabelOperand(string Name, int Target) : PtxOperand;

/// <summary>The address of a variable, plus bytes.</summary>
public sealed record PtxSymbolOperand(PtxVariable Variable, long Offset = 0) : PtxOperand;

/// <summary>The address of a function, for indirect calls.</summary>
public sealed record PtxFunctionOperand(string Name) : PtxOperand;

public sealed record PtxSpecialRegisterOperand(PtxSpecialRegister Register) : PtxOperand;

/// <summary>Two results, <c>p|q</c>, of setp, shfl, match and elect; a sink if one is unused.</summary>
public sealed record PtxPairOperand(PtxOperand First, PtxOperand Second) : PtxOperand;

/// <summary><c>_</c>: an unused result.</summary>
public sealed record PtxSinkOperand : PtxOperand
{
    public static PtxSinkOperand Instance { get; } = new();
}

/// <summary>Registers that identify a thread and its position (ISA 8.x, chapter 10).</summary>
public enum PtxSpecialRegister : byte
{
    TidX, TidY, TidZ, NtidX, NtidY, NtidZ, CtaidX, CtaidY, CtaidZ, NctaidX, NctaidY, NctaidZ,
    LaneId, WarpId, NWarpId, SmId, NSmId, GridId,
    LanemaskEq, LanemaskLe, LanemaskLt, LanemaskGe, LanemaskGt,
    Clock, ClockHi, Clock64, GlobalTimer, GlobalTimerLo, GlobalTimerHi, DynamicSharedSize, TotalSharedSize,
}
