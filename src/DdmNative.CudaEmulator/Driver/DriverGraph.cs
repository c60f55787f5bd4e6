namespace DdmNative.CudaEmulator.Driver;

/// <summary>
/// Work in the order in which it was recorded or added. This order satisfies all dependencies, since a node can depend only on earlier
/// ones.
/// </summary>
internal sealed class DriverGraph
{
    private readonly List<GraphNode> _nodes = [];

    public IReadOnlyList<GraphNode> Nodes => _nodes;

    /// <summary>Handles of nodes that the program has requested.</summary>
    public Dictionary<GraphNode, nint> Handles { get; } = new(ReferenceEqualityComparer.Instance);

    public void Add(GraphNode node) => _nodes.Add(node);

    public nint HandleOf(GraphNode node)
    {
        if (!Handles.TryGetValue(node, out nint handle))
            Handles[node] = handle = HandleTable.Add(new NodeOfGraph(this, node));
        return handle;
    }

    /// <summary>Removes a node; those after it keep their order.</summary>
    public void Remove(GraphNode node)
    {
        _nodes.RemoveAll(each => ReferenceEquals(each, node));
        if (Handles.Remove(node, out nint handle))
            HandleTable.Remove<NodeOfGraph>(handle);
    }

    public DriverGraph Clone()
    {
        DriverGraph copy = new();
        copy._nodes.AddRange(_nodes);
        return copy;
    }

    public void Destroy()
    {
        foreach (nint handle in Handles.Values)
            HandleTable.Remove<NodeOfGraph>(handle);
    }
}

/// <summary>The object behind a node's handle: a clone of a graph shares its nodes, with separate handles.</summary>
internal sealed record NodeOfGraph(DriverGraph Graph, GraphNode Node);

/// <summary>An instantiated graph, which can be launched any number of times.</summary>
internal sealed class DriverExecutable(DriverContext context, DriverGraph graph) : IOfContext
{
    /// <summary>CUgraphExecUpdateResult.</summary>
    public const int Updated = 0, TopologyChanged = 2, NodeTypeChanged = 3;

    private GraphNode[] _nodes = [.. graph.Nodes];

    /// <summary>The graph's nodes when the executable was created; the graph may change after that.</summary>
    private readonly GraphNode[] _source = [.. graph.Nodes];

    public DriverContext Context { get; } = context;

    public void Run()
    {
        foreach (GraphNode node in _nodes)
            node.Run(Context);
    }

    /// <summary>Applies the parameters of a graph with the same nodes; changes nothing if they are not the same.</summary>
    public (int Result, GraphNode? Node) Update(DriverGraph graph)
    {
        if (graph.Nodes.Count != _nodes.Length)
            return (TopologyChanged, null);
        for (int i = 0; i < _nodes.Length; i++)
        {
            if (graph.Nodes[i].Type != _nodes[i].Type)
                return (NodeTypeChanged, graph.Nodes[i]);
        }

        _nodes = [.. graph.Nodes];
        return (Updated, null);
    }

    /// <summary>Replaces the parameters of a node, given the node of the graph that the executable was created from.</summary>
    public void Replace(GraphNode node, GraphNode by)
    {
        int at = Array.FindIndex(_source, each => ReferenceEquals(each, node));
        Abi.Require(at >= 0 && at < _nodes.Length, "the node does not belong to the executable's graph");
        _nodes[at] = by;
    }
}
