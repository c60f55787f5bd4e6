using DdmNative.CudaEmulator.Ptx;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Ptx;

public class PostDominatorsTests
{
    [Fact]
    public void Branches_of_a_diamond_join_at_its_end() =>
        Assert.Equal([3, 3, 3, PostDominators.Exit], PostDominators.Immediate([[1, 2], [3], [3], []]));

    [Fact]
    public void An_infinite_loop_has_no_join_point() =>
        Assert.Equal([PostDominators.Exit, PostDominators.Exit], PostDominators.Immediate([[1], [0]]));

    [Fact]
    public void Random_graphs_agree_with_removing_one_node_at_a_time()
    {
        for (int seed = 0; seed < 500; seed++)
        {
            Random random = new(seed);
            int count = random.Next(1, 14);
            int[][] graph = [.. Enumerable.Range(0, count)
                .Select(_ => Enumerable.Range(0, random.Next(0, 3)).Select(_ => random.Next(count)).ToArray())];
            int[] found = PostDominators.Immediate(graph);
            for (int node = 0; node < count; node++)
                Assert.True(found[node] == Naive(graph, node),
                    $"seed {seed}, node {node}: found {found[node]}, expected {Naive(graph, node)}");
        }
    }

    /// <summary>
    /// A node post-dominates if the exit cannot be reached without it; the immediate one is post-dominated by all others.
    /// </summary>
    private static int Naive(int[][] graph, int node)
    {
        if (!ReachesExit(graph, node, -1))
            return PostDominators.Exit;
        int[] all = [.. Enumerable.Range(0, graph.Length).Where(other => other != node && !ReachesExit(graph, node, other))];
        return all.FirstOrDefault(one => all.All(other => other == one || !ReachesExit(graph, one, other)), PostDominators.Exit);
    }

    private static bool ReachesExit(int[][] graph, int from, int without)
    {
        HashSet<int> seen = [from];
        Stack<int> open = new(seen);
        while (open.TryPop(out int node))
        {
            if (graph[node].Length == 0)
                return true;
            foreach (int next in graph[node].Where(next => next != without && seen.Add(next)))
                open.Push(next);
        }

        return false;
    }
}
