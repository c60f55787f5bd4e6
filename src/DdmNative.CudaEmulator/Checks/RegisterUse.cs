using DdmNative.CudaEmulator.Counters;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Checks;

/// <summary>Which registers an instruction reads and writes, from the shape of its operands: the destination comes first in all that have one.</summary>
public static class RegisterUse
{
    /// <summary>Registers read, the guard's among them; some may come twice.</summary>
    public static IEnumerable<int> Reads(PtxInstruction instruction)
    {
        if (instruction.Guard is not null)
            yield return instruction.Guard.Register;
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
        return HasDestination(instruction.Opcode) && instruction.Operands.Count > 0 && instruction.Operands[0] is not PtxAddress ? Registers(instruction.Operands[0]) : [];
    }

    /// <summary>
    /// Whether what the instruction reads can be seen outside of its registers: as an address, in memory, or in where the thread goes. Arithmetic alone is not: compilers let
    /// lanes compute with values that they know nobody will use (LLVM's <c>implicit-def</c>).
    /// </summary>
    public static bool Acts(PtxInstruction instruction) => InstructionClasses.Of(instruction) is
        InstructionClass.GlobalLoad or InstructionClass.GlobalStore or InstructionClass.SharedLoad or InstructionClass.SharedStore or InstructionClass.LocalAccess
        or InstructionClass.GenericAccess or InstructionClass.Atomic or InstructionClass.AsyncCopy or InstructionClass.MatrixTransfer or InstructionClass.Branch or InstructionClass.Barrier;

    /// <summary>Whether the first operand is a result.</summary>
    public static bool HasDestination(PtxOpcode opcode) => opcode is not (
        PtxOpcode.Applypriority or PtxOpcode.BarSync or PtxOpcode.BarArrive or PtxOpcode.BarWarpSync or PtxOpcode.Bra or PtxOpcode.BrxIdx or PtxOpcode.Brkpt or PtxOpcode.Call or PtxOpcode.CpAsync
        or PtxOpcode.CpAsyncCommitGroup or PtxOpcode.CpAsyncWaitGroup or PtxOpcode.CpAsyncWaitAll or PtxOpcode.Discard or PtxOpcode.Exit or PtxOpcode.Fence or PtxOpcode.Griddepcontrol
        or PtxOpcode.Membar or PtxOpcode.Nanosleep or PtxOpcode.Pmevent or PtxOpcode.Prefetch or PtxOpcode.Red or PtxOpcode.Ret or PtxOpcode.Setmaxnreg or PtxOpcode.St or PtxOpcode.Stackrestore or PtxOpcode.Stmatrix
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
