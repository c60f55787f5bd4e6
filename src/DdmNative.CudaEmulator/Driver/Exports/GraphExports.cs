using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver.Exports;

/// <summary>
/// Graphs, captured or built by the program (CUDA Driver API, "Graph Management"). Nodes are executed in the order in which they were
/// added.
/// </summary>
internal static unsafe class GraphExports
{
    [UnmanagedCallersOnly(EntryPoint = "cuGraphCreate")]
    public static CudaError cuGraphCreate(nint* graph, uint flags) => Abi.InContext(_ =>
    {
        Abi.Require(flags == 0, $"flags {flags}, expected 0");
        *Abi.Required(graph, nameof(graph)) = HandleTable.Add(new DriverGraph());
    });

    [UnmanagedCallersOnly(EntryPoint = "cuGraphClone")]
    public static CudaError cuGraphClone(nint* clone, nint graph)
    => Abi.InContext(_ => *Abi.Required(clone, nameof(clone)) = HandleTable.Add(Graph(graph).Clone()));

    [UnmanagedCallersOnly(EntryPoint = "cuGraphDestroy")]
    public static CudaError cuGraphDestroy(nint graph)
    => Abi.InContext(_ => HandleTable.Remove<DriverGraph>(graph, CudaError.InvalidValue).Destroy());

    /// <summary>CUDA_KERNEL_NODE_PARAMS_v2: function, grid, block, shared bytes, parameters, extra, and two that must be null.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuGraphAddKernelNode_v2")]
    public static CudaError cuGraphAddKernelNode(nint* node, nint graph, nint* dependencies, nuint dependencyCount,
    KernelNodeParameters* parameters)
        => Abi.InContext(context =>
            Add(node, graph, dependencies, dependencyCount, Abi.Required(parameters, nameof(parameters))->Node(context)));

    [UnmanagedCallersOnly(EntryPoint = "cuGraphAddEmptyNode")]
    public static CudaError cuGraphAddEmptyNode(nint* node, nint graph, nint* dependencies, nuint dependencyCount)
        => Abi.InContext(_ => Add(node, graph, dependencies, dependencyCount, new EmptyNode()));

    [UnmanagedCallersOnly(EntryPoint = "cuGraphAddChildGraphNode")]
    public static CudaError cuGraphAddChildGraphNode(nint* node, nint graph, nint* dependencies, nuint dependencyCount, nint child)
        => Abi.InContext(_ => Add(node, graph, dependencies, dependencyCount, new ChildNode(Graph(child).Clone())));

    /// <summary>If the array is null, returns only the number of nodes.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuGraphGetNodes")]
    public static CudaError cuGraphGetNodes(nint graph, nint* nodes, nuint* count) => Abi.InContext(_ =>
    {
        DriverGraph asked = Graph(graph);
        Abi.Required(count, nameof(count));
        for (nuint i = 0; nodes != null && i < *count; i++)
            nodes[i] = i < (nuint)asked.Nodes.Count ? asked.HandleOf(asked.Nodes[(int)i]) : 0;
        *count = nodes == null ? (nuint)asked.Nodes.Count : (nuint)Math.Min(*count, (ulong)asked.Nodes.Count);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuGraphNodeGetType")]
    public static CudaError cuGraphNodeGetType(nint node, int* type)
    => Abi.InContext(_ => *Abi.Required(type, nameof(type)) = (int)Node(node).Type);

    /// <summary>Executables that were created from the graph keep the node.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuGraphDestroyNode")]
    public static CudaError cuGraphDestroyNode(nint node) => Abi.InContext(_ =>
    {
        NodeOfGraph destroyed = HandleTable.Get<NodeOfGraph>(node, CudaError.InvalidValue);
        destroyed.Graph.Remove(destroyed.Node);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuGraphInstantiateWithFlags")]
    public static CudaError cuGraphInstantiateWithFlags(nint* executable, nint graph, ulong flags) => Abi.InContext(context =>
    {
        Abi.Require(flags <= 15, $"flags {flags}");
        Instantiate(context, executable, graph);
    });

    /// <summary>The version with a buffer for a log, which stays empty.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuGraphInstantiate_v2")]
    public static CudaError cuGraphInstantiate(nint* executable, nint graph, nint* errorNode, byte* log, nuint logBytes)
    => Abi.InContext(context =>
    {
        if (errorNode != null)
            *errorNode = 0;
        if (log != null && logBytes > 0)
            *log = 0;
        Instantiate(context, executable, graph);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuGraphUpload")]
    public static CudaError cuGraphUpload(nint executable, nint stream) => Abi.InContext(context =>
    {
        context.Stream(stream);
        Executable(executable);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuGraphLaunch")]
    public static CudaError cuGraphLaunch(nint executable, nint stream) => Abi.InContext(context =>
    {
        DriverExecutable launched = Executable(executable);
        Abi.Require(launched.Context == context, "the graph belongs to another context", CudaError.InvalidContext);
        context.Stream(stream).Enqueue(new MemoryNode(GraphNodeType.Child, _ => launched.Run()));
    });

    [UnmanagedCallersOnly(EntryPoint = "cuGraphExecDestroy")]
    public static CudaError cuGraphExecDestroy(nint executable)
    => Abi.InContext(_ => HandleTable.Remove<DriverExecutable>(executable, CudaError.InvalidValue));

    /// <summary>CUgraphExecUpdateResultInfo: result, node, and the node it depends on.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuGraphExecUpdate_v2")]
    public static CudaError cuGraphExecUpdate(nint executable, nint graph, nint* result) => Abi.InContext(_ =>
    {
        Abi.Required(result, nameof(result));
        (int outcome, nint node) = Update(executable, graph);
        (*(int*)result, result[1], result[2]) = (outcome, node, 0);
        Abi.Require(outcome == DriverExecutable.Updated, "the graphs differ in more than parameters", CudaError.GraphExecUpdateFailure);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuGraphExecUpdate")]
    public static CudaError cuGraphExecUpdateBefore12(nint executable, nint graph, nint* errorNode, int* result) => Abi.InContext(_ =>
    {
        Abi.Require(errorNode != null && result != null, "an output is null");
        (*result, *errorNode) = Update(executable, graph);
        Abi.Require(*result == DriverExecutable.Updated, "the graphs differ in more than parameters", CudaError.GraphExecUpdateFailure);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuGraphExecKernelNodeSetParams_v2")]
    public static CudaError cuGraphExecKernelNodeSetParams(nint executable, nint node, KernelNodeParameters* parameters)
    => Abi.InContext(context =>
    {
        GraphNode replaced = Node(node);
        Abi.Require(replaced.Type == GraphNodeType.Kernel, "the node is not a kernel");
        Executable(executable).Replace(replaced, Abi.Required(parameters, nameof(parameters))->Node(context));
    });

    private static void Instantiate(DriverContext context, nint* executable, nint graph)
    {
        Abi.Required(executable, nameof(executable));
        *executable = HandleTable.Add(new DriverExecutable(context, Graph(graph)));
    }

    private static (int Result, nint Node) Update(nint executable, nint graph)
    {
        DriverGraph by = Graph(graph);
        (int result, GraphNode? node) = Executable(executable).Update(by);
        return (result, node is null ? 0 : by.HandleOf(node));
    }

    private static void Add(nint* handle, nint graph, nint* dependencies, nuint dependencyCount, GraphNode node)
    {
        Abi.Required(handle, nameof(handle));
        DriverGraph owner = Graph(graph);
        Abi.Require(dependencyCount == 0 || dependencies != null, "the dependencies are null");
        for (nuint i = 0; i < dependencyCount; i++)
            Abi.Require(owner.Nodes.Contains(Node(dependencies[i])), "a dependency is not a node of the graph");
        owner.Add(node);
        *handle = owner.HandleOf(node);
    }

    private static DriverGraph Graph(nint handle) => HandleTable.Get<DriverGraph>(handle, CudaError.InvalidValue);

    private static DriverExecutable Executable(nint handle) => HandleTable.Get<DriverExecutable>(handle, CudaError.InvalidValue);

    private static GraphNode Node(nint handle) => HandleTable.Get<NodeOfGraph>(handle, CudaError.InvalidValue).Node;
}

/// <summary>CUDA_KERNEL_NODE_PARAMS_v2.</summary>
internal unsafe struct KernelNodeParameters
{
    public nint Function;
    public uint GridX, GridY, GridZ, BlockX, BlockY, BlockZ, DynamicSharedBytes;
    public void** Parameters;
    public void** Extra;
    public nint Kernel, Context;

    public readonly KernelNode Node(DriverContext context)
        => KernelLaunches.Node(context, Function, new Dim3(GridX, GridY, GridZ), new Dim3(BlockX, BlockY, BlockZ), DynamicSharedBytes,
            Parameters, Extra);
}
