namespace DdmNative.Attribution.Grouping;

/// <summary>The options of <see cref="KMeans"/>.</summary>
public sealed record KMeansOptions
{
    /// <summary>k. If there are fewer points, each is a cluster.</summary>
    public int Clusters { get; init; } = 5;

    /// <summary>The seed of the initial centres.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Separates uses of one seed, e.g. the classes.</summary>
    public ulong Stream { get; init; }

    /// <summary>Runs with different initialisations; the one with the smallest inertia is kept (the first of equals).</summary>
    public int Restarts { get; init; } = 4;

    /// <summary>The maximum number of iterations of a run.</summary>
    public int MaximumIterations { get; init; } = 100;
}
