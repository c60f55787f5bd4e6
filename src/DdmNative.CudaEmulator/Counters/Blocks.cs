using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Counters;

/// <summary>The basic blocks of a function and how control flows between them, for analyses that run when a module is loaded.</summary>
public sealed class Blocks
{
    public Blocks(IReadOnlyList<PtxInstruction> code)
    {
        SortedSet<int> starts = [];
        if (code.Count > 0)
            starts.Add(0);
        for (int i = 0; i < code.Count; i++)
        {
            if (!EndsBlock(code[i]))
                continue;
            starts.Add(i + 1);
            starts.UnionWith(Targets(code[i]));
        }

        starts.RemoveWhere(start => start >= code.Count);
        int[] first = [.. starts, code.Count];
        First = first;
        Successors = new int[Count][];
        List<int>[] predecessors = [.. Enumerable.Range(0, Count).Select(_ => new List<int>())];
        for (int block = 0; block < Count; block++)
        {
            PtxInstruction last = code[first[block + 1] - 1];
            HashSet<int> after = [];
            if (FallsThrough(last) && block + 1 < Count)
                after.Add(block + 1);
            foreach (int target in Targets(last))
            {
                if (target < code.Count)
                    after.Add(Array.BinarySearch(first, target));
            }

            Successors[block] = [.. after];
            foreach (int next in after)
                predecessors[next].Add(block);
        }

        Predecessors = [.. predecessors.Select(list => list.ToArray())];
    }

    /// <summary>First instruction of each block, and the number of instructions.</summary>
    public int[] First { get; }

    public int Count => First.Length - 1;

    public int[][] Successors { get; }

    public int[][] Predecessors { get; }

    /// <summary>Blocks that the entry reaches, each before those that it alone leads to.</summary>
    public int[] ReversePostorder()
    {
        if (Count == 0)
            return [];
        List<int> order = [];
        bool[] seen = new bool[Count];
        Stack<(int Block, int Next)> path = new([(0, 0)]);
        seen[0] = true;
        while (path.TryPop(out (int Block, int Next) top))
        {
            int[] successors = Successors[top.Block];
            if (top.Next == successors.Length)
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

    private static bool EndsBlock(PtxInstruction instruction) =>
        instruction.Opcode is PtxOpcode.Bra or PtxOpcode.BrxIdx or PtxOpcode.Ret or PtxOpcode.Exit or PtxOpcode.Trap;

    private static bool FallsThrough(PtxInstruction instruction) => !EndsBlock(instruction) || instruction.Guard is not null;

    private static IEnumerable<int> Targets(PtxInstruction instruction) => instruction.Opcode switch
    {
        PtxOpcode.Bra => instruction.Operands.OfType<PtxLabelOperand>().Select(label => label.Target),
        PtxOpcode.BrxIdx => instruction.BranchTargets.Select(label => label.Target),
        _ => [],
    };
}
