namespace DdmNative.Attribution.Grouping;

/// <summary>How <see cref="KMeans"/> works.</summary>
public sealed record KMeansOptions
{
    /// <summary>k. Fewer points than that give one cluster each.</summary>
    public int Clusters { get; init; } = 5;

    /// <summary>Decides the starting centres.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Separates uses of one seed, e.g. the classes.</summary>
    public ulong Stream { get; init; }

    /// <summary>Runs from different starts, of which the one with the least inertia is kept (the first of equals).</summary>
    public int Restarts { get; init; } = 4;

    /// <summary>Most rounds of a run.</summary>
    public int MaximumIterations { get; init; } = 100;
}
