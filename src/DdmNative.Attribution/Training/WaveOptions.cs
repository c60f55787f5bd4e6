using DdmNative.Attribution.Sharding;

namespace DdmNative.Attribution.Training;

/// <summary>How many models are trained together, and what is told and kept on the way. None of it changes a result.</summary>
public sealed record WaveOptions
{
    /// <summary>Most members along the ensemble axis at once. More feed a GPU better and take memory; the CPU is fed by a few per thread.</summary>
    public int Wave { get; init; } = 32;

    /// <summary>Where finished models' logits are kept, and which models are this process's: all, and nowhere, by default.</summary>
    public PieceWork Pieces { get; init; } = new();

    /// <summary>Called after each step with the share done, in models × steps: (done, of all that are to be trained).</summary>
    public Action<long, long>? OnProgress { get; init; }
}
