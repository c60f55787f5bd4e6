using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Counters;

/// <summary>What kind of work an instruction is, according to its opcode.</summary>
public enum InstructionClass : byte
{
    /// <summary>Fused multiply-adds of floats: <c>fma</c> and <c>mad</c>.</summary>
    Fma,
    /// <summary>Float additions, multiplications, minima, … of one operation each.</summary>
    FloatingPoint,
    /// <summary>Divisions, roots, reciprocals, exponentials, logarithms, sines.</summary>
    Special,
    WholeNumber,
    /// <summary>Bitwise logic, shifts, permutations of bytes.</summary>
    Logic,
    Conversion,
    /// <summary>Comparisons and selections.</summary>
    Comparison,
    Move,
    Branch,
    Barrier,
    GlobalLoad,
    GlobalStore,
    SharedLoad,
    SharedStore,
    LocalAccess,
    /// <summary>Loads of kernel parameters and constants.</summary>
    ConstantLoad,
    /// <summary>Loads and stores through generic addresses; requests are counted for the memory that they access.</summary>
    GenericAccess,
    Atomic,
    AsyncCopy,
    /// <summary>Shuffles, votes, matches and reductions over a warp.</summary>
    WarpExchange,
    /// <summary>Matrix multiplications of tensor cores.</summary>
    Matrix,
    /// <summary><c>ldmatrix</c>, <c>wmma.load</c>, <c>wmma.store</c>.</summary>
    MatrixTransfer,
    Other,
}

/// <summary>Assigns instructions to classes and counts their floating-point operations.</summary>
public static class InstructionClasses
{
    public static int Count { get; } = Enum.GetValues<InstructionClass>().Length;

    public static InstructionClass Classify(PtxInstruction instruction)
    {
        PtxModifiers modifiers = instruction.Modifiers;
        bool isFloat = modifiers.Type.IsFloat();
        switch (instruction.Opcode)
        {
            case PtxOpcode.Fma:
            case PtxOpcode.Mad when isFloat:
                return InstructionClass.Fma;
            case PtxOpcode.Div or PtxOpcode.Sqrt or PtxOpcode.Rsqrt or PtxOpcode.Rcp when isFloat:
            case PtxOpcode.Ex2 or PtxOpcode.Lg2 or PtxOpcode.Sin or PtxOpcode.Cos or PtxOpcode.Tanh:
                return InstructionClass.Special;
            case PtxOpcode.Add or PtxOpcode.Sub or PtxOpcode.Mul or PtxOpcode.Min or PtxOpcode.Max or PtxOpcode.Abs or PtxOpcode.Neg
                or PtxOpcode.Copysign when isFloat:
                return InstructionClass.FloatingPoint;
            case PtxOpcode.Add or PtxOpcode.Addc or PtxOpcode.Sub or PtxOpcode.Subc or PtxOpcode.Mul or PtxOpcode.Mul24 or PtxOpcode.Mad
                or PtxOpcode.Mad24 or PtxOpcode.Madc
                or PtxOpcode.Div or PtxOpcode.Rem or PtxOpcode.Min or PtxOpcode.Max or PtxOpcode.Abs or PtxOpcode.Neg or PtxOpcode.Sad
                or PtxOpcode.Dp2a or PtxOpcode.Dp4a:
                return InstructionClass.WholeNumber;
            case PtxOpcode.And or PtxOpcode.Or or PtxOpcode.Xor or PtxOpcode.Not or PtxOpcode.Cnot or PtxOpcode.Lop3 or PtxOpcode.Shl
                or PtxOpcode.Shr or PtxOpcode.Shf or PtxOpcode.Prmt
                or PtxOpcode.Bfe or PtxOpcode.Bfi or PtxOpcode.Bfind or PtxOpcode.Bmsk or PtxOpcode.Brev or PtxOpcode.Clz or PtxOpcode.Popc
                or PtxOpcode.Fns or PtxOpcode.Szext:
                return InstructionClass.Logic;
            case PtxOpcode.Cvt:
                return InstructionClass.Conversion;
            case PtxOpcode.Setp or PtxOpcode.Set or PtxOpcode.Selp or PtxOpcode.Slct or PtxOpcode.Testp or PtxOpcode.Isspacep:
                return InstructionClass.Comparison;
            case PtxOpcode.Mov or PtxOpcode.Cvta:
                return InstructionClass.Move;
            case PtxOpcode.Bra or PtxOpcode.BrxIdx or PtxOpcode.Call or PtxOpcode.Ret or PtxOpcode.Exit or PtxOpcode.Trap
                or PtxOpcode.Brkpt:
                return InstructionClass.Branch;
            case PtxOpcode.BarSync or PtxOpcode.BarArrive or PtxOpcode.BarRed or PtxOpcode.BarWarpSync or PtxOpcode.Membar
                or PtxOpcode.Fence:
                return InstructionClass.Barrier;
            case PtxOpcode.Ld or PtxOpcode.Ldu:
                return Access(modifiers.Space, InstructionClass.GlobalLoad, InstructionClass.SharedLoad);
            case PtxOpcode.St:
                return Access(modifiers.Space, InstructionClass.GlobalStore, InstructionClass.SharedStore);
            case PtxOpcode.Atom or PtxOpcode.Red:
                return InstructionClass.Atomic;
            case PtxOpcode.CpAsync or PtxOpcode.CpAsyncCommitGroup or PtxOpcode.CpAsyncWaitGroup or PtxOpcode.CpAsyncWaitAll:
                return InstructionClass.AsyncCopy;
            case PtxOpcode.Shfl or PtxOpcode.Vote or PtxOpcode.Match or PtxOpcode.Redux or PtxOpcode.Activemask or PtxOpcode.Elect:
                return InstructionClass.WarpExchange;
            case PtxOpcode.Mma or PtxOpcode.WmmaMma:
                return InstructionClass.Matrix;
            case PtxOpcode.Ldmatrix or PtxOpcode.Stmatrix or PtxOpcode.Movmatrix or PtxOpcode.WmmaLoadA or PtxOpcode.WmmaLoadB
                or PtxOpcode.WmmaLoadC or PtxOpcode.WmmaStoreD:
                return InstructionClass.MatrixTransfer;
            default:
                return InstructionClass.Other;
        }
    }

    /// <summary>
    /// Floating-point operations of one lane, where a fused multiply-add counts as two; those of matrix instructions are counted by
    /// <see cref="MatrixWork"/>.
    /// </summary>
    public static int Work(PtxInstruction instruction)
    {
        int packed = instruction.Modifiers.Type is PtxType.F16x2 or PtxType.BF16x2 ? 2 : 1;
        return Classify(instruction) switch
        {
            InstructionClass.Fma => 2 * packed,
            InstructionClass.Special => packed,
            InstructionClass.FloatingPoint when instruction.Opcode is PtxOpcode.Add or PtxOpcode.Sub or PtxOpcode.Mul => packed,
            _ => 0,
        };
    }

    /// <summary>Floating-point operations of a warp's matrix instruction, <c>2 M N K</c>.</summary>
    public static long MatrixWork(PtxInstruction instruction) => Classify(instruction) == InstructionClass.Matrix
        ? 2L * instruction.Modifiers.Shape.M * instruction.Modifiers.Shape.N * instruction.Modifiers.Shape.K
        : 0;

    /// <summary>The type that determines the speed of a matrix instruction: that of A.</summary>
    public static PtxType MatrixType(PtxInstruction instruction) => instruction.Modifiers.Types switch
    {
        [_, PtxType type, ..] when instruction.Opcode == PtxOpcode.Mma => type,
        // wmma.mma.f32.f16 names only D and C, and means halves; four types are D, A, B, C.
        [_, PtxType type, _, _] => type,
        [_, _] => PtxType.F16,
        [PtxType type] => type,
        _ => PtxType.None,
    };

    private static InstructionClass Access(PtxSpace space, InstructionClass global, InstructionClass shared) => space switch
    {
        PtxSpace.Global => global,
        PtxSpace.Shared => shared,
        PtxSpace.Local => InstructionClass.LocalAccess,
        PtxSpace.Generic => InstructionClass.GenericAccess,
        _ => InstructionClass.ConstantLoad,
    };
}
