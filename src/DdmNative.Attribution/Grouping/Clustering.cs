namespace DdmNative.Attribution.Grouping;

/// <summary>n points split into k clusters, none empty.</summary>
/// <param name="Centres">[k, d]: the clusters' means.</param>
/// <param name="Assignment">[n]: the cluster of each point.</param>
/// <param name="Sizes">[k]: points in each cluster, at least one.</param>
/// <param name="Inertia">Sum over the points of the squared distance to their centre.</param>
/// <param name="Iterations">Rounds of Lloyd's algorithm in the run that was kept.</param>
public sealed record Clustering(float[] Centres, int[] Assignment, int[] Sizes, double Inertia, int Iterations);
