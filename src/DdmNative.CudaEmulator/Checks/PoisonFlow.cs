using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Checks;

/// <summary>
/// Which registers of a function may hold poison, a value that is derived from uninitialised storage, and which instructions may read it.
/// Forward data flow over the basic blocks, computed when the function is loaded: only those instructions are tracked while it runs. Poison
/// comes from registers that are read unwritten on some path, and, if requested, from memory. The carry flag (<c>add.cc</c>) counts as one
/// more register after those of the function.
/// </summary>
internal sealed class PoisonFlow
{
    private readonly ulong[] _carriers;
    private readonly bool[] _reads;

    private PoisonFlow(IReadOnlySet<int> unwritten, ulong[] carriers, bool[] reads) =>
        (Unwritten, this._carriers, this._reads) = (unwritten, carriers, reads);

    /// <summary>Registers by index that are read unwritten on some path; none if they are not a source of poison here.</summary>
    public IReadOnlySet<int> Unwritten { get; }

    /// <summary>Computes the data flow.</summary>
    /// <param name="function">The function to examine.</param>
    /// <param name="fromRegisters">Registers that are read unwritten are a source of poison.</param>
    /// <param name="fromMemory">
    /// Every load is a source of poison, except loads of constants and of a kernel's parameters; so are values that a caller or callee
    /// passes.
    /// </param>
    public static PoisonFlow Compute(PtxFunction function, bool fromRegisters, bool fromMemory)
    {
        IReadOnlyList<PtxInstruction> code = function.Instructions;
        int count = function.Registers.Count + 1, words = (count + 63) / 64;
        ulong[] carriers = new ulong[words];
        bool[] reads = new bool[code.Count];
        IReadOnlySet<int> unwritten = fromRegisters ? DefiniteAssignment.MaybeUnwritten(function) : new HashSet<int>();
        if (!fromMemory && unwritten.Count == 0)
            return new(unwritten, carriers, reads);

        PtxControlFlow flow = PtxControlFlow.Build(code);
        Step[] steps = [.. code.Select(instruction => Step.Create(function, instruction, fromMemory))];
        ulong[][] after = [.. flow.Blocks.Select(_ => new ulong[words])];
        int[] order = flow.ReversePostorder();
        ulong[] state = new ulong[words];
        bool changed = true;
        while (changed)
        {
            changed = false;
            foreach (int block in order)
            {
                Enter(block);
                for (int i = flow.Blocks[block].Start; i < flow.Blocks[block].End; i++)
                    steps[i].Apply(state);
                if (after[block].AsSpan().SequenceEqual(state))
                    continue;
                state.CopyTo(after[block], 0);
                changed = true;
            }
        }

        foreach (int block in order)
        {
            Enter(block);
            for (int i = flow.Blocks[block].Start; i < flow.Blocks[block].End; i++)
            {
                foreach (int register in steps[i].Reads.Where(register => Has(state, register)))
                {
                    reads[i] = true;
                    Add(carriers, register);
                }

                steps[i].Apply(state);
            }
        }

        // The caller reads the result registers.
        foreach (int register in function.ResultRegisters)
            Add(carriers, register);
        return new(unwritten, carriers, reads);

        void Enter(int block)
        {
            Array.Clear(state);
            if (block == 0)
            {
                for (int register = 0; register < function.Registers.Count && fromRegisters; register++)
                    Add(state, register);
                foreach (int register in function.ParameterRegisters)
                    Set(state, register, fromMemory);
            }

            foreach (int before in flow.Predecessors[block])
            {
                for (int i = 0; i < words; i++)
                    state[i] |= after[before][i];
            }
        }
    }

    /// <summary>
    /// Whether the register is read somewhere while it may hold poison, so that all instructions that write it must record whether they
    /// write poison.
    /// </summary>
    public bool IsCarrier(int register) => Has(_carriers, register);

    /// <summary>Whether the instruction with that index may read poison.</summary>
    public bool Reads(int instruction) => _reads[instruction];

    private static bool Has(ulong[] set, int register) => (set[register / 64] >> register % 64 & 1) != 0;

    private static void Add(ulong[] set, int register) => set[register / 64] |= 1ul << register % 64;

    private static void Set(ulong[] set, int register, bool holds)
    {
        if (holds)
            Add(set, register);
        else
            set[register / 64] &= ~(1ul << register % 64);
    }

    /// <summary>How one instruction changes the set of registers that may hold poison.</summary>
    private readonly record struct Step(int[] Reads, int[] Sources, int[] Writes, bool IsGuarded, bool IsSource)
    {
        public static Step Create(PtxFunction function, PtxInstruction instruction, bool fromMemory)
        {
            int carry = function.Registers.Count;
            int[] sources = [.. RegisterUse.Sources(instruction), .. RegisterUse.UsesCarry(instruction) ? [carry] : (int[])[]];
            int[] writes = [.. RegisterUse.Writes(instruction), .. RegisterUse.SetsCarry(instruction) ? [carry] : (int[])[]];
            int[] reads = instruction.Guard is { } guard ? [guard.Register, .. sources] : sources;
            return new(reads, sources, writes, instruction.Guard is not null, fromMemory && IsFromMemory(function, instruction));
        }

        public void Apply(ulong[] state)
        {
            if (Writes.Length == 0)
                return;
            bool holds = IsSource;
            foreach (int register in Sources)
                holds |= Has(state, register);
            foreach (int register in Writes)
            {
                if (holds || !IsGuarded)
                    Set(state, register, holds);
            }
        }

        private static bool IsFromMemory(PtxFunction function, PtxInstruction instruction) => instruction.Opcode switch
        {
            PtxOpcode.Ld or PtxOpcode.Ldu => instruction.Modifiers.Space switch
            {
                PtxSpace.Const => false,
                PtxSpace.Param => !function.IsEntry
                    || instruction.Operands[1] is PtxAddress { Variable: { } variable } && function.Variables.Contains(variable),
                _ => true,
            },
            PtxOpcode.Atom or PtxOpcode.Ldmatrix or PtxOpcode.Call => true,
            PtxOpcode.WmmaLoadA or PtxOpcode.WmmaLoadB or PtxOpcode.WmmaLoadC => true,
            _ => false,
        };
    }
}
