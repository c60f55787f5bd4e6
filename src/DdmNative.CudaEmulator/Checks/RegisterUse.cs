using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Checks;

/// <summary>
/// Which registers an instruction reads and writes, derived from its operands: the destination is the first operand of all instructions
/// that have one.
/// </summary>
public static class RegisterUse
{
    /// <summary>Registers read, including the guard; some may occur twice.</summary>
    public static IEnumerable<int> Reads(PtxInstruction instruction) =>
        instruction.Guard is { } guard ? Sources(instruction).Prepend(guard.Register) : Sources(instruction);

    /// <summary>Registers read, except for the guard; some may occur twice.</summary>
    public static IEnumerable<int> Sources(PtxInstruction instruction)
    {
        if (instruction.Call is { } call)
        {
            foreach (int register in call.Arguments.Append(call.Target).SelectMany(Registers))
                yield return register;
        }

        for (int i = 0; i < instruction.Operands.Count; i++)
        {
            PtxOperand operand = instruction.Operands[i];
            if (i == 0 && HasDestination(instruction.Opcode) && operand is not PtxAddress)
                continue;
            foreach (int register in Registers(operand))
                yield return register;
        }
    }

    /// <summary>Registers written.</summary>
    public static IEnumerable<int> Writes(PtxInstruction instruction)
    {
        if (instruction.Call is { } call)
            return call.Results.SelectMany(Registers);
        return HasDestination(instruction.Opcode) && instruction.Operands.Count > 0
            && instruction.Operands[0] is not PtxAddress ? Registers(instruction.Operands[0]) : [];
    }

    /// <summary>
    /// Registers whose values decide something immediately: whether the instruction is executed, where the thread continues, which memory
    /// it accesses, which threads it waits for or exchanges values with. Values that are moved, stored or computed decide nothing yet:
    /// compilers let lanes compute with values that they know to be unused.
    /// </summary>
    public static IEnumerable<int> Decides(PtxInstruction instruction)
    {
        IReadOnlyList<PtxOperand> operands = instruction.Operands;
        IEnumerable<PtxOperand> deciding = instruction.Opcode switch
        {
            PtxOpcode.Call => [instruction.Call!.Target],
            PtxOpcode.Ld or PtxOpcode.Ldu or PtxOpcode.St or PtxOpcode.Atom or PtxOpcode.Red or PtxOpcode.Ldmatrix or PtxOpcode.Stmatrix =>
                operands.Where(operand => operand is PtxAddress),
            // In addition to the addresses, the distance between rows.
            PtxOpcode.WmmaLoadA or PtxOpcode.WmmaLoadB or PtxOpcode.WmmaLoadC => operands.Skip(1),
            PtxOpcode.WmmaStoreD => operands.Where(operand => operand is not PtxVectorOperand),
            PtxOpcode.CpAsync or PtxOpcode.BrxIdx or PtxOpcode.Stackrestore => operands,
            PtxOpcode.BarSync or PtxOpcode.BarArrive or PtxOpcode.BarWarpSync => operands,
            PtxOpcode.BarRed or PtxOpcode.Alloca => operands.Skip(1),
            // The mask of lanes.
            PtxOpcode.Shfl or PtxOpcode.Vote or PtxOpcode.Match or PtxOpcode.Redux or PtxOpcode.Elect => operands.Skip(1).TakeLast(1),
            _ => [],
        };
        IEnumerable<int> registers = deciding.SelectMany(Registers);
        return instruction.Guard is { } guard ? registers.Prepend(guard.Register) : registers;
    }

    /// <summary>Whether the instruction adds the carry flag.</summary>
    public static bool UsesCarry(PtxInstruction instruction) => instruction.Opcode is PtxOpcode.Addc or PtxOpcode.Subc or PtxOpcode.Madc;

    /// <summary>Whether the instruction sets the carry flag.</summary>
    public static bool SetsCarry(PtxInstruction instruction) => instruction.Modifiers.Has(PtxQualifiers.CarryOut);

    /// <summary>Whether the first operand is a result.</summary>
    public static bool HasDestination(PtxOpcode opcode) => opcode is not (
        PtxOpcode.Applypriority or PtxOpcode.BarSync or PtxOpcode.BarArrive or PtxOpcode.BarWarpSync or PtxOpcode.Bra or PtxOpcode.BrxIdx
        or PtxOpcode.Brkpt or PtxOpcode.Call or PtxOpcode.CpAsync
        or PtxOpcode.CpAsyncCommitGroup or PtxOpcode.CpAsyncWaitGroup or PtxOpcode.CpAsyncWaitAll or PtxOpcode.Discard or PtxOpcode.Exit
        or PtxOpcode.Fence or PtxOpcode.Griddepcontrol
        or PtxOpcode.Membar or PtxOpcode.Nanosleep or PtxOpcode.Pmevent or PtxOpcode.Prefetch or PtxOpcode.Red or PtxOpcode.Ret
        or PtxOpcode.Setmaxnreg or PtxOpcode.St or PtxOpcode.Stackrestore or PtxOpcode.Stmatrix
        or PtxOpcode.Trap or PtxOpcode.WmmaStoreD);

    private static IEnumerable<int> Registers(PtxOperand operand) => operand switch
    {
        PtxRegisterOperand register => [register.Register],
        PtxAddress { Register: { } register } => [register.Register],
        PtxVectorOperand vector => vector.Elements.SelectMany(Registers),
        PtxPairOperand pair => Registers(pair.First).Concat(Registers(pair.Second)),
        _ => [],
    };
}
