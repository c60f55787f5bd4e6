using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Counters;

/// <summary>A loop of a function, by its instructions. Loops with the same header count as one.</summary>
/// <param name="Header">The instruction with which each iteration starts.</param>
/// <param name="Instructions">Ascending indices.</param>
/// <param name="IsInnermost">It contains no other loop.</param>
public sealed record NaturalLoop(int Header, IReadOnlyList<int> Instructions, bool IsInnermost);

/// <summary>
/// Finds the natural loops of a function: a back edge leads to a block that dominates its source; the loop consists of the blocks that
/// reach the edge without passing through that block (Aho, Lam, Sethi, Ullman, Compilers, 9.6). Dominators as in Cooper, Harvey, Kennedy, A
/// simple, fast dominance algorithm (2001). Cycles with several entries, which structured source code does not produce, do not count as
/// loops here.
/// </summary>
public static class NaturalLoops
{
    public static IReadOnlyList<NaturalLoop> Find(IReadOnlyList<PtxInstruction> code)
    {
        PtxControlFlow flow = PtxControlFlow.Build(code);
        int[] dominator = Dominators(flow);
        SortedDictionary<int, HashSet<int>> loops = [];
        for (int from = 0; from < flow.Blocks.Count; from++)
        {
            if (dominator[from] < 0)
                continue;
            foreach (int header in flow.Blocks[from].Successors)
            {
                if (!Dominates(dominator, header, from))
                    continue;
                if (!loops.TryGetValue(header, out HashSet<int>? body))
                    loops.Add(header, body = [header]);
                Gather(flow, dominator, from, body);
            }
        }

        return
        [
            .. loops.Select(loop => new NaturalLoop(
                flow.Blocks[loop.Key].Start,
                [.. loop.Value.Order().SelectMany(
                block => Enumerable.Range(flow.Blocks[block].Start, flow.Blocks[block].End - flow.Blocks[block].Start))],
                !loops.Any(other => other.Key != loop.Key && loop.Value.Contains(other.Key)))),
        ];
    }

    private static void Gather(PtxControlFlow flow, int[] dominator, int from, HashSet<int> body)
    {
        Stack<int> open = new([from]);
        while (open.TryPop(out int block))
        {
            if (!body.Add(block))
                continue;
            foreach (int before in flow.Predecessors[block])
            {
                if (dominator[before] >= 0)
                    open.Push(before);
            }
        }
    }

    private static bool Dominates(int[] dominator, int upper, int lower)
    {
        int block = lower;
        while (block != upper && block != dominator[block])
            block = dominator[block];
        return block == upper;
    }

    /// <summary>Immediate dominators; that of the entry is the entry itself, those of unreachable blocks are −1.</summary>
    private static int[] Dominators(PtxControlFlow flow)
    {
        int[] order = flow.ReversePostorder(), number = new int[flow.Blocks.Count], dominator = new int[flow.Blocks.Count];
        Array.Fill(dominator, -1);
        if (order.Length == 0)
            return dominator;
        for (int i = 0; i < order.Length; i++)
            number[order[i]] = i;
        dominator[0] = 0;
        bool changed = true;
        while (changed)
        {
            changed = false;
            foreach (int block in order.AsSpan(1))
            {
                int common = -1;
                foreach (int before in flow.Predecessors[block])
                {
                    if (dominator[before] >= 0)
                        common = common < 0 ? before : Meet(dominator, number, common, before);
                }

                if (dominator[block] != common)
                {
                    dominator[block] = common;
                    changed = true;
                }
            }
        }

        return dominator;
    }

    private static int Meet(int[] dominator, int[] number, int a, int b)
    {
        while (a != b)
        {
            while (number[a] > number[b])
                a = dominator[a];
            while (number[b] > number[a])
                b = dominator[b];
        }

        return a;
    }
}
