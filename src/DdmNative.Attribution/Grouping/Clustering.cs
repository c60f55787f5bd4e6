namespace DdmNative.Attribution.Grouping;

/// <summary>A partition of n points into k clusters, none empty.</summary>
/// <param name="Centres">[k, d]: the clusters' means.</param>
/// <param name="Assignment">[n]: the cluster of each point.</param>
/// <param name="Sizes">[k]: the number of points in each cluster, at least one.</param>
/// <param name="Inertia">The sum over the points of the squared distance to their centre.</param>
/// <param name="Iterations">Iterations of Lloyd's algorithm in the best run.</param>
public sealed record Clustering(float[] Centres, int[] Assignment, int[] Sizes, double Inertia, int Iterations);
