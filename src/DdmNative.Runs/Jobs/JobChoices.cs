using DdmNative.Attribution.Networks;

namespace DdmNative.Runs.Jobs;

/// <summary>The names that a job can choose from, where a registry would be too much; the defaults first.</summary>
public static class JobChoices
{
    public static IReadOnlyList<string> Architectures => NetworkRegistry.Names;

    /// <summary>A learning rate that rises and falls linearly.</summary>
    internal const string OneCycle = "one-cycle";

    /// <summary>How the learning rate falls.</summary>
    public static IReadOnlyList<string> Schedules { get; } = ["cosine", OneCycle];

    /// <summary>The norms of convolutions.</summary>
    public static IReadOnlyList<string> Norms { get; } = [.. Enum.GetNames<NormKind>().Select(name => name.ToLowerInvariant())];

    /// <summary>The spaces for clustering.</summary>
    public static IReadOnlyList<string> ClusterSpaces { get; } = ["features", "pixels"];

    /// <summary>The gradient distances of the matching.</summary>
    public static IReadOnlyList<string> Distances { get; } = ["relative", "row-cosine", "relative-per-layer"];
}
