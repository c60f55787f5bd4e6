namespace DdmNative.CudaEmulator.Ptx;

/// <summary>
/// Immediate post-dominators of a graph, where diverged threads join. Cooper, Harvey and Kennedy, "A simple, fast dominance algorithm"
/// (2001), on the reversed graph with a virtual exit after every node without successors.
/// </summary>
public static class PostDominators
{
    /// <summary>No post-dominator except the exit itself, or none because the exit cannot be reached.</summary>
    public const int Exit = -1;

    /// <summary>
    /// The nearest node, other than the node itself, through which every path from it to the exit leads; <see cref="Exit"/> if there is
    /// none.
    /// </summary>
    /// <param name="successors">For each node the nodes that may follow it, each in [0, n).</param>
    public static int[] Immediate(IReadOnlyList<IReadOnlyList<int>> successors)
    {
        ArgumentNullException.ThrowIfNull(successors);
        int count = successors.Count;
        int exit = count;
        List<int>[] predecessors = [.. Enumerable.Range(0, count + 1).Select(_ => new List<int>())];
        for (int node = 0; node < count; node++)
        {
            foreach (int next in successors[node])
                predecessors[next].Add(node);
            if (successors[node].Count == 0)
                predecessors[exit].Add(node);
        }

        int[] rank = Enumerable.Repeat(-1, count + 1).ToArray();
        List<int> order = PostOrder(predecessors, exit, rank);
        int[] immediate = Enumerable.Repeat(-1, count + 1).ToArray();
        immediate[exit] = exit;
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int i = order.Count - 2; i >= 0; i--)
            {
                int node = order[i];
                int candidate = successors[node].Count == 0 ? exit : -1;
                foreach (int next in successors[node])
                {
                    if (immediate[next] >= 0)
                        candidate = candidate < 0 ? next : Meet(candidate, next, immediate, rank);
                }

                changed |= immediate[node] != candidate;
                immediate[node] = candidate;
            }
        }

        return [.. immediate.Take(count).Select(node => node == exit ? Exit : node)];
    }

    private static int Meet(int first, int second, int[] immediate, int[] rank)
    {
        while (first != second)
        {
            while (rank[first] < rank[second])
                first = immediate[first];
            while (rank[second] < rank[first])
                second = immediate[second];
        }

        return first;
    }

    /// <summary>
    /// Nodes from which the exit can be reached, in post-order of a traversal against the edges; not recursive, since functions may be
    /// long.
    /// </summary>
    private static List<int> PostOrder(List<int>[] predecessors, int exit, int[] rank)
    {
        List<int> order = [];
        bool[] seen = new bool[predecessors.Length];
        Stack<(int Node, int Next)> path = new([(exit, 0)]);
        seen[exit] = true;
        while (path.TryPop(out (int Node, int Next) top))
        {
            if (top.Next == predecessors[top.Node].Count)
            {
                rank[top.Node] = order.Count;
                order.Add(top.Node);
                continue;
            }

            path.Push((top.Node, top.Next + 1));
            int before = predecessors[top.Node][top.Next];
            if (seen[before])
                continue;
            seen[before] = true;
            path.Push((before, 0));
        }

        return order;
    }
}
