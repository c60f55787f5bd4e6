namespace DdmNative.CudaEmulator.Ptx;

/// <summary>Instructions that are always executed one after the other.</summary>
/// <param name="Start">Index of the first in the function's list.</param>
/// <param name="End">One past the last.</param>
/// <param name="Successors">Blocks that may follow; none where the function ends.</param>
/// <param name="PostDominator">The nearest block through which every path from here leads, or <see cref="PostDominators.Exit"/>.</param>
public sealed record PtxBasicBlock(int Start, int End, IReadOnlyList<int> Successors, int PostDominator);

/// <summary>
/// Basic blocks of a function and the points where diverged threads join. A thread that exits under a guard (<c>@p exit</c>, <c>@p ret</c>)
/// does not continue, so the others need not wait for it: such an instruction only falls through.
/// </summary>
public sealed class PtxControlFlow
{
    private readonly int[] _blockOf;

    private PtxControlFlow(IReadOnlyList<PtxBasicBlock> blocks, int[] blockOf)
    {
        (Blocks, this._blockOf) = (blocks, blockOf);
        List<int>[] predecessors = [.. blocks.Select(_ => new List<int>())];
        for (int block = 0; block < blocks.Count; block++)
        {
            foreach (int next in blocks[block].Successors)
                predecessors[next].Add(block);
        }

        Predecessors = predecessors;
    }

    /// <summary>In code order; empty for a function without instructions.</summary>
    public IReadOnlyList<PtxBasicBlock> Blocks { get; }

    /// <summary>By block: its predecessors.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Predecessors { get; }

    public int BlockOf(int instruction) => _blockOf[instruction];

    /// <summary>
    /// The instruction at which threads that diverge at this one join; the number of instructions if that is only the function's end.
    /// </summary>
    public int ReconvergenceOf(int instruction)
    {
        int block = Blocks[_blockOf[instruction]].PostDominator;
        return block == PostDominators.Exit ? _blockOf.Length : Blocks[block].Start;
    }

    /// <summary>Blocks that are reachable from the entry, in reverse postorder.</summary>
    public int[] ReversePostorder()
    {
        if (Blocks.Count == 0)
            return [];
        List<int> order = [];
        bool[] seen = new bool[Blocks.Count];
        Stack<(int Block, int Next)> path = new([(0, 0)]);
        seen[0] = true;
        while (path.TryPop(out (int Block, int Next) top))
        {
            IReadOnlyList<int> successors = Blocks[top.Block].Successors;
            if (top.Next == successors.Count)
            {
                order.Add(top.Block);
                continue;
            }

            path.Push((top.Block, top.Next + 1));
            int next = successors[top.Next];
            if (!seen[next])
            {
                seen[next] = true;
                path.Push((next, 0));
            }
        }

        order.Reverse();
        return [.. order];
    }

    public static PtxControlFlow Build(PtxFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Build(function.Instructions);
    }

    public static PtxControlFlow Build(IReadOnlyList<PtxInstruction> code)
    {
        ArgumentNullException.ThrowIfNull(code);
        bool[] leads = new bool[code.Count + 1];
        leads[0] = true;
        for (int i = 0; i < code.Count; i++)
        {
            foreach (int target in TargetsOf(code[i]))
                leads[target] = true;
            if (EndsBlock(code[i].Opcode))
                leads[i + 1] = true;
        }

        List<int> starts = [];
        int[] blockOf = new int[code.Count];
        for (int i = 0; i < code.Count; i++)
        {
            if (leads[i])
                starts.Add(i);
            blockOf[i] = starts.Count - 1;
        }

        int[][] successors = new int[starts.Count][];
        for (int block = 0; block < starts.Count; block++)
        {
            int end = block + 1 < starts.Count ? starts[block + 1] : code.Count;
            successors[block] = [.. Next(code, end - 1).Where(next => next < code.Count).Select(next => blockOf[next]).Distinct()];
        }

        int[] meet = PostDominators.Immediate(successors);
        PtxBasicBlock[] blocks = [.. starts.Select((start, block) =>
            new PtxBasicBlock(start, block + 1 < starts.Count ? starts[block + 1] : code.Count, successors[block], meet[block]))];
        return new PtxControlFlow(blocks, blockOf);
    }

    private static IEnumerable<int> Next(IReadOnlyList<PtxInstruction> code, int last)
    {
        PtxInstruction instruction = code[last];
        bool leaves = EndsBlock(instruction.Opcode);
        IEnumerable<int> targets = TargetsOf(instruction);
        return leaves && instruction.Guard is null ? targets : targets.Append(last + 1);
    }

    private static bool EndsBlock(PtxOpcode opcode)
        => opcode is PtxOpcode.Bra or PtxOpcode.BrxIdx or PtxOpcode.Ret or PtxOpcode.Exit or PtxOpcode.Trap;

    private static IEnumerable<int> TargetsOf(PtxInstruction instruction) => instruction.Opcode switch
    {
        PtxOpcode.Bra => [((PtxLabelOperand)instruction.Operands[0]).Target],
        PtxOpcode.BrxIdx => instruction.BranchTargets.Select(label => label.Target),
        _ => [],
    };
}
