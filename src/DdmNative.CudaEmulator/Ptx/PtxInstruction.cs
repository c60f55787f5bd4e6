namespace DdmNative.CudaEmulator.Ptx;

/// <summary>
/// A position in the CUDA source, from <c>.loc</c>: index into <see cref="PtxModule.SourceFiles"/>; line 0 if there is none.
/// </summary>
public readonly record struct PtxSourceLocation(int File, int Line, int Column)
{
    public bool IsKnown => Line > 0;
}

/// <summary>The target of a call, its arguments and results: .param variables of the caller (or registers) in the callee's order.</summary>
public sealed record PtxCall(PtxOperand Target, IReadOnlyList<PtxOperand> Results, IReadOnlyList<PtxOperand> Arguments, string? Prototype);

/// <summary>One instruction: an optional guard, an opcode with its modifiers, and operands with the destination first.</summary>
public sealed class PtxInstruction
{
    public required PtxOpcode Opcode { get; init; }
    public required PtxModifiers Modifiers { get; init; }

    /// <summary>
    /// The predicate that must be true for a thread to execute the instruction, <c>@p</c> or <c>@!p</c>; null if there is none.
    /// </summary>
    public PtxRegisterOperand? Guard { get; init; }

    public IReadOnlyList<PtxOperand> Operands { get; internal set; } = [];

    /// <summary>Only for <see cref="PtxOpcode.Call"/>.</summary>
    public PtxCall? Call { get; init; }

    /// <summary>Only for <see cref="PtxOpcode.BrxIdx"/>: the target of each index.</summary>
    public IReadOnlyList<PtxLabelOperand> BranchTargets { get; internal set; } = [];

    /// <summary>One-based line of the PTX text.</summary>
    public int Line { get; init; }

    public PtxSourceLocation Source { get; init; }

    /// <summary>Opcode and modifiers as they were written, for reports.</summary>
    public required string Text { get; init; }

    public override string ToString() => Text;
}
