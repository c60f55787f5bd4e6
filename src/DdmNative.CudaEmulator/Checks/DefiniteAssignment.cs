using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Checks;

/// <summary>
/// Which registers of a function may be read before they are written, determined once when it is loaded, so that only those few are tracked
/// while it runs. Forward data flow over the basic blocks: a register is definitely written at a point if every path to it writes it
/// without a guard.
/// </summary>
public static class DefiniteAssignment
{
    /// <summary>
    /// Registers by index that are read unwritten on some path. Registers that hold a function's parameters are written by the caller.
    /// </summary>
    public static IReadOnlySet<int> MaybeUnwritten(PtxFunction function)
    {
        IReadOnlyList<PtxInstruction> code = function.Instructions;
        PtxControlFlow flow = PtxControlFlow.Build(code);
        int words = (function.Registers.Count + 63) / 64;
        ulong[]?[] after = new ulong[flow.Blocks.Count][];
        int[] order = flow.ReversePostorder();
        ulong[] state = new ulong[words];
        bool changed = true;
        while (changed)
        {
            changed = false;
            foreach (int block in order)
            {
                Enter(flow, block, after, function, state);
                for (int i = flow.Blocks[block].Start; i < flow.Blocks[block].End; i++)
                    Write(code[i], state);
                if (after[block] is { } known && known.AsSpan().SequenceEqual(state))
                    continue;
                after[block] = [.. state];
                changed = true;
            }
        }

        HashSet<int> unwritten = [];
        foreach (int block in order)
        {
            Enter(flow, block, after, function, state);
            for (int i = flow.Blocks[block].Start; i < flow.Blocks[block].End; i++)
            {
                foreach (int register in RegisterUse.Reads(code[i]))
                {
                    if ((state[register / 64] >> register % 64 & 1) == 0)
                        unwritten.Add(register);
                }

                Write(code[i], state);
            }
        }

        return unwritten;
    }

    private static void Enter(PtxControlFlow flow, int block, ulong[]?[] after, PtxFunction function, ulong[] state)
    {
        if (block == 0)
        {
            // On entry only what the caller passed is written, whatever a back edge to the first instruction adds.
            Array.Clear(state);
            foreach (int register in function.ParameterRegisters)
                state[register / 64] |= 1ul << register % 64;
            return;
        }

        Array.Fill(state, ulong.MaxValue);
        foreach (int before in flow.Predecessors[block])
        {
            if (after[before] is not { } known)
                continue;
            for (int i = 0; i < state.Length; i++)
                state[i] &= known[i];
        }
    }

    private static void Write(PtxInstruction instruction, ulong[] state)
    {
        if (instruction.Guard is not null)
            return;
        foreach (int register in RegisterUse.Writes(instruction))
            state[register / 64] |= 1ul << register % 64;
    }
}
