namespace DdmNative.CudaEmulator.Driver;

/// <summary>Work in the order in which it was recorded or added, which fulfils all dependencies: a node can depend on earlier ones only.</summary>
internal sealed class DriverGraph
{
    private readonly List<GraphNode> _nodes = [];

    public IReadOnlyList<GraphNode> Nodes => _nodes;

    /// <summary>Nodes by handles, of those that the program asked for.</summary>
    public Dictionary<GraphNode, nint> Handles { get; } = new(ReferenceEqualityComparer.Instance);

    public void Add(GraphNode node) => _nodes.Add(node);

    public nint HandleOf(GraphNode node)
    {
        if (!Handles.TryGetValue(node, out nint handle))
            Handles[node] = handle = HandleTable.Add(new NodeOfGraph(this, node));
        return handle;
    }

    /// <summary>Takes a node out; those after it stay in their order.</summary>
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

/// <summary>What a node's handle stands for: a clone of a graph shares its nodes, under handles of its own.</summary>
internal sealed record NodeOfGraph(DriverGraph Graph, GraphNode Node);

/// <summary>A graph made ready to be launched any number of times.</summary>
internal sealed class DriverExecutable(DriverContext context, DriverGraph graph) : IOfContext
{
    /// <summary>CUgraphExecUpdateResult.</summary>
    public const int Updated = 0, TopologyChanged = 2, NodeTypeChanged = 3;

    private GraphNode[] _nodes = [.. graph.Nodes];

    /// <summary>As they were when the executable was made; the graph may change after that.</summary>
    private readonly GraphNode[] _source = [.. graph.Nodes];

    public DriverContext Context { get; } = context;

    public void Run()
    {
        foreach (GraphNode node in _nodes)
            node.Run(Context);
    }

    /// <summary>Takes over the parameters of a graph of the same nodes; unchanged where they are not the same.</summary>
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

    /// <summary>Other parameters for the node of the graph it was made of.</summary>
    public void Replace(GraphNode node, GraphNode by)
    {
        int at = Array.FindIndex(_source, each => ReferenceEquals(each, node));
        Abi.Require(at >= 0 && at < _nodes.Length, "the node is none of the executable's graph");
        _nodes[at] = by;
    }
}
