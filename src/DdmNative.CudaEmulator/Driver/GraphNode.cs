using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>CUgraphNodeType, for the kinds of nodes that are recorded.</summary>
internal enum GraphNodeType
{
    Kernel = 0,
    Copy = 1,
    Fill = 2,
    Host = 3,
    Child = 4,
    Empty = 5,
}

/// <summary>A work item of a stream, which can be executed many times.</summary>
internal abstract class GraphNode
{
    public abstract GraphNodeType Type { get; }

    public abstract void Run(DriverContext context);
}

/// <summary>A launch; the parameters are copied from the caller's when it is enqueued.</summary>
internal sealed class KernelNode(DriverFunction function, Dim3 grid, Dim3 block, int dynamicSharedBytes, byte[] parameters) : GraphNode
{
    public override GraphNodeType Type => GraphNodeType.Kernel;

    public DriverFunction Function { get; } = function;

    public Dim3 Grid { get; } = grid;

    public Dim3 Block { get; } = block;

    public int DynamicSharedBytes { get; } = dynamicSharedBytes;

    public override void Run(DriverContext context)
    {
        Abi.Require(!Function.Module.IsUnloaded, $"the module of kernel {Function.Kernel.Name} was unloaded", CudaError.InvalidHandle);
        context.Memory.Launch(Function.Kernel, Grid, Block, DynamicSharedBytes, parameters);
    }
}

/// <summary>A call of a host function.</summary>
internal sealed unsafe class HostNode(delegate* unmanaged<nint, void> function, nint data) : GraphNode
{
    public override GraphNodeType Type => GraphNodeType.Host;

    public override void Run(DriverContext context) => function(data);
}

/// <summary>A copy or fill in a context's memory.</summary>
internal sealed class MemoryNode(GraphNodeType type, Action<DriverContext> work) : GraphNode
{
    public override GraphNodeType Type => type;

    public override void Run(DriverContext context) => work(context);
}

/// <summary>A graph within a graph.</summary>
internal sealed class ChildNode(DriverGraph graph) : GraphNode
{
    public override GraphNodeType Type => GraphNodeType.Child;

    public override void Run(DriverContext context)
    {
        foreach (GraphNode node in graph.Nodes)
            node.Run(context);
    }
}

/// <summary>A node without work, at which dependencies join.</summary>
internal sealed class EmptyNode : GraphNode
{
    public override GraphNodeType Type => GraphNodeType.Empty;

    public override void Run(DriverContext context)
    {
    }
}
