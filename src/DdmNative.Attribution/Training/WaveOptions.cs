namespace DdmNative.Attribution.Training;

/// <summary>How many models are trained together, and what is told and kept on the way. None of it changes a result.</summary>
public sealed record WaveOptions
{
    /// <summary>Most members along the ensemble axis at once. More feed a GPU better and take memory; the CPU is fed by a few per thread.</summary>
    public int Wave { get; init; } = 32;

    /// <summary>Waves of an earlier, interrupted run with the same settings; their models are not trained again, whatever wave size they had.</summary>
    public IReadOnlyList<RetrainedWave> Finished { get; init; } = [];

    /// <summary>Called with each wave as it finishes, to store it.</summary>
    public Action<RetrainedWave>? OnWave { get; init; }

    /// <summary>Called after each step with the share done, in models × steps: (done, of all).</summary>
    public Action<long, long>? OnProgress { get; init; }
}
