using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Grouping;

namespace DdmNative.Attribution.DepthDial;

/// <summary>
/// The distilled form of the depth dial: each group's frozen features replaced by a few k-means centres that weigh as many samples as they stand for.
/// With it, neither the data nor a cost that grows with them is needed online.
/// </summary>
/// <param name="Centres">[S, C, H, W]: the centres, in the order of their groups.</param>
/// <param name="Labels">[S]: each centre's class.</param>
/// <param name="Groups">[S]: each centre's group, ascending.</param>
/// <param name="Counts">[S]: how many training samples each centre stands for.</param>
public sealed record FeatureSynset(FrozenFeatures Centres, int[] Labels, int[] Groups, float[] Counts)
{
    /// <summary>Centres of every group's features.</summary>
    /// <param name="features">The training samples' features at some depth.</param>
    /// <param name="groups">Their groups.</param>
    /// <param name="perGroup">c; a group with fewer samples keeps all of them.</param>
    /// <param name="seed">Decides the clusters.</param>
    /// <exception cref="ArgumentException">The features are not those of the grouped samples.</exception>
    public static FeatureSynset Distil(FrozenFeatures features, GroupTable groups, int perGroup = 16, ulong seed = 1)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(groups);
        if (groups.GroupOf.Length != features.Count)
            throw new ArgumentException($"{groups.GroupOf.Length} samples are grouped, there are features of {features.Count}.", nameof(groups));
        var centres = new List<float>();
        var (labels, groupOf, counts) = (new List<int>(), new List<int>(), new List<float>());
        for (int g = 0; g < groups.Count; g++)
        {
            float[] rows = FeatureRows.Select(features.Values, features.Dimensions, groups.Members(g));
            var options = new KMeansOptions { Clusters = perGroup, Seed = seed, Stream = (ulong)g, Restarts = 1 };
            Clustering clusters = KMeans.Fit(rows, features.Dimensions, options);
            centres.AddRange(clusters.Centres);
            foreach (int size in clusters.Sizes)
            {
                labels.Add(groups.ClassOf[g]);
                groupOf.Add(g);
                counts.Add(size);
            }
        }

        return new FeatureSynset(new FrozenFeatures(features.Shape, labels.Count, [.. centres]), [.. labels], [.. groupOf], [.. counts]);
    }
}
