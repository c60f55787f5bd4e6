namespace DdmNative.Compute.Cpu;

/// <summary>Where a plan keeps a tensor while it runs.</summary>
internal enum Placement
{
    /// <summary>In the tensor's own memory, all members and samples.</summary>
    Full,

    /// <summary>In the thread's workspace, all samples of the current member.</summary>
    Member,

    /// <summary>In the thread's workspace, only the samples of the current block.</summary>
    Block,

    /// <summary>In the thread's workspace, only the samples of the current tile.</summary>
    Tile,
}

/// <summary>A tensor as one call of a plan uses it.</summary>
internal sealed unsafe class CpuOperand(CpuTensor tensor, bool isWritten, bool isReadWhole)
{
    public CpuTensor Tensor { get; } = tensor;

    public bool IsWritten { get; } = isWritten;

    /// <summary>Whether the call reads samples outside its block: parameters, the source of a gather.</summary>
    public bool IsReadWhole { get; } = isReadWhole;

    /// <summary>
    /// The part of each member's parameter vector that the call writes; null if that is not known, or if the call only reads the tensor.
    /// </summary>
    public ParameterRange? Part { get; init; }

    public Placement Placement { get; set; }

    /// <summary>
    /// Whether what the call writes has left all caches before anything reads it; stores that bypass the caches then save the reading of
    /// every cache line before it is written. Set by the plan.
    /// </summary>
    public bool IsStreamed { get; set; }

    /// <summary>Floats from the workspace's start, unless <see cref="Placement.Full"/>.</summary>
    public long Offset { get; set; }

    /// <summary>Sample n of the tile's member.</summary>
    public float* At(in Tile tile, int sample) => Placement switch
    {
        Placement.Full => Tensor.Data + tile.Member * Tensor.MemberStride + (long)sample * Tensor.Shape.SampleLength,
        Placement.Member => tile.Workspace.Start + Offset + (long)sample * Tensor.Shape.SampleLength,
        Placement.Block => tile.Workspace.Start + Offset + (long)(sample - tile.BlockStart) * Tensor.Shape.SampleLength,
        _ => tile.Workspace.Start + Offset + (long)(sample - tile.FirstSample) * Tensor.Shape.SampleLength,
    };
}
