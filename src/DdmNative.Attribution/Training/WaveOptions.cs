using DdmNative.Attribution.Sharding;

namespace DdmNative.Attribution.Training;

/// <summary>How many models are trained together, and what is reported and stored during training. No option changes a result.</summary>
public sealed record WaveOptions
{
    /// <summary>
    /// The maximum number of members along the ensemble axis at once. More use a GPU better and need memory; a CPU needs only a few per
    /// thread.
    /// </summary>
    public int Wave { get; init; } = 32;

    /// <summary>The store of finished models' logits, and the models that belong to this process: by default none and all.</summary>
    public PieceWork Pieces { get; init; } = new();

    /// <summary>Called after each step with the finished work in models × steps: (done, total).</summary>
    public Action<long, long>? OnProgress { get; init; }
}
