using System.Numerics.Tensors;
using DdmNative.Attribution.Datasets.Rows;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Grouping;

/// <summary>The real samples that represent a group: its synthetic images are initialised with them.</summary>
/// <param name="PerGroup">m.</param>
/// <param name="Samples">[G, m]: training samples; a group smaller than m repeats some.</param>
/// <param name="SubClusterSizes">[G, m]: the number of the group's samples that each represents; a repeated sample's share is divided among
/// its copies.</param>
public sealed record GroupRepresentatives(int PerGroup, int[] Samples, float[] SubClusterSizes)
{
    /// <summary>[G·m]: the samples of the sub-cluster that each represents; copies represent the same.</summary>
    public IReadOnlyList<IReadOnlyList<int>> SubClusters { get; private init; } = [];

    /// <summary>
    /// For m = 1, selects the sample nearest to the group's mean; for more, splits the group into m sub-clusters and selects the sample
    /// nearest to each mean.
    /// </summary>
    /// <param name="features">[N][d]: the features that measure the distance.</param>
    /// <param name="groups">The groups of the N samples.</param>
    /// <param name="perGroup">m.</param>
    /// <param name="seed">The seed of the sub-clusters.</param>
    /// <exception cref="ArgumentException">The numbers of features and samples disagree.</exception>
    public static GroupRepresentatives Nearest(ReadOnlySpan<float> features, GroupTable groups, int perGroup, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(groups);
        if (features.IsEmpty || features.Length % groups.GroupOf.Length != 0)
            throw new ArgumentException($"{features.Length} numbers are not the features of {groups.GroupOf.Length} samples.",
                nameof(features));
        return Nearest(new ArrayRows(features.ToArray(), features.Length / groups.GroupOf.Length), groups, perGroup, seed);
    }

    /// <summary>The same on features that need not be in memory.</summary>
    /// <param name="features">[N][d]: the features that measure the distance.</param>
    /// <param name="groups">The groups of the N samples.</param>
    /// <param name="perGroup">m.</param>
    /// <param name="seed">The seed of the sub-clusters.</param>
    /// <exception cref="ArgumentException">The numbers of features and samples disagree.</exception>
    public static GroupRepresentatives Nearest(SampleRows features, GroupTable groups, int perGroup, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentOutOfRangeException.ThrowIfLessThan(perGroup, 1);
        ArgumentNullException.ThrowIfNull(features);
        if (features.Count == 0 || features.Count != groups.GroupOf.Length)
            throw new ArgumentException($"{features.Count} rows are not the features of {groups.GroupOf.Length} samples.",
                nameof(features));
        int d = features.Length;
        var samples = new int[groups.Count * perGroup];
        var sizes = new float[samples.Length];
        var subClusters = new IReadOnlyList<int>[samples.Length];
        for (int g = 0; g < groups.Count; g++)
        {
            int[] members = groups.Members(g);
            float[] rows = features.Copy(members);
            Clustering clusters = KMeans.Fit(rows, d, new KMeansOptions { Clusters = perGroup, Seed = seed, Stream = (ulong)g });
            int found = clusters.Sizes.Length;
            for (int j = 0; j < perGroup; j++)
            {
                int k = j % found;
                int copies = (perGroup - k + found - 1) / found;
                samples[g * perGroup + j] = members[NearestRow(rows, d, clusters, k)];
                sizes[g * perGroup + j] = (float)clusters.Sizes[k] / copies;
                subClusters[g * perGroup + j] = [.. members.Where((_, i) => clusters.Assignment[i] == k)];
            }
        }

        return new GroupRepresentatives(perGroup, samples, sizes) { SubClusters = subClusters };
    }

    private static int NearestRow(ReadOnlySpan<float> rows, int d, Clustering clusters, int cluster)
    {
        ReadOnlySpan<float> centre = clusters.Centres.AsSpan(cluster * d, d);
        (int nearest, float least) = (-1, float.PositiveInfinity);
        for (int i = 0; i < clusters.Assignment.Length; i++)
        {
            float distance = TensorPrimitives.Distance(rows.Slice(i * d, d), centre);
            if (clusters.Assignment[i] == cluster && (nearest < 0 || distance < least))
                (nearest, least) = (i, distance);
        }

        return nearest;
    }
}
