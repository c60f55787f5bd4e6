using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Tests.Counters;

/// <summary>Builds small functions by hand, for tests of the analyses that run before execution.</summary>
internal static class Program
{
    public static PtxFunction Function(int registers, params PtxInstruction[] instructions) => new()
    {
        Name = "kernel",
        IsEntry = true,
        Parameters = [],
        Registers = [.. Enumerable.Range(0, registers).Select(index => new PtxRegister(index, $"%r{index}", PtxType.B32))],
        Instructions = instructions,
    };

    public static PtxInstruction Do(PtxOpcode opcode, PtxModifiers modifiers, params PtxOperand[] operands) =>
        new() { Opcode = opcode, Modifiers = modifiers, Operands = operands, Text = opcode.ToString() };

    /// <summary><c>add.f32 r, a, b</c></summary>
    public static PtxInstruction Add(int result, int a, int b)
        => Do(PtxOpcode.Add, new() { Types = [PtxType.F32] }, Register(result), Register(a), Register(b));

    /// <summary><c>mov.b32 r, 0</c>, with an optional guard.</summary>
    public static PtxInstruction Set(int result, int? guard = null) => new()
    {
        Opcode = PtxOpcode.Mov,
        Modifiers = new() { Types = [PtxType.B32] },
        Operands = [Register(result), new PtxImmediate(0, PtxImmediateKind.WholeNumber)],
        Guard = guard is { } predicate ? Register(predicate) : null,
        Text = "mov.b32",
    };

    public static PtxInstruction Branch(int target, int? guard = null) => new()
    {
        Opcode = PtxOpcode.Bra,
        Modifiers = new(),
        Operands = [new PtxLabelOperand("L", target)],
        Guard = guard is { } predicate ? Register(predicate) : null,
        Text = "bra",
    };

    public static PtxInstruction Return() => Do(PtxOpcode.Ret, new());

    public static PtxRegisterOperand Register(int index) => new(index);
}
