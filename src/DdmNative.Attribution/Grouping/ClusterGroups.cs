using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Grouping;

/// <summary>
/// Groups made by splitting every class into clusters of similar samples: k-means within the class, on the target's penultimate features (what
/// enters its head) or on pixels. The hierarchy class → cluster stays in the table.
/// </summary>
public static class ClusterGroups
{
    /// <summary>Groups in the order of their classes, then clusters; a class with fewer samples than clusters gets one group per sample.</summary>
    /// <param name="features">[N, d]: what similarity is measured on.</param>
    /// <param name="labels">[N]: the class of each sample.</param>
    /// <param name="options">k per class, and the seed; each class draws from a stream of its own.</param>
    /// <exception cref="ArgumentException">The features are not those of the labelled samples.</exception>
    public static GroupTable Make(ReadOnlySpan<float> features, ReadOnlySpan<int> labels, KMeansOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (labels.IsEmpty || features.IsEmpty || features.Length % labels.Length != 0)
            throw new ArgumentException($"{features.Length} numbers are not the features of {labels.Length} samples.", nameof(features));
        int d = features.Length / labels.Length;
        var groupOf = new int[labels.Length];
        var (classOf, clusterOf) = (new List<int>(), new List<int>());
        foreach (int c in labels.ToArray().Distinct().Order())
        {
            int[] samples = SamplesOf(labels, c);
            Clustering clusters = KMeans.Fit(FeatureRows.Select(features, d, samples), d, options with { Stream = (ulong)c });
            for (int i = 0; i < samples.Length; i++)
                groupOf[samples[i]] = classOf.Count + clusters.Assignment[i];
            for (int k = 0; k < clusters.Sizes.Length; k++)
            {
                classOf.Add(c);
                clusterOf.Add(k);
            }
        }

        return new GroupTable(groupOf, [.. classOf], [.. clusterOf]);
    }

    private static int[] SamplesOf(ReadOnlySpan<int> labels, int ofClass)
    {
        var samples = new List<int>();
        for (int n = 0; n < labels.Length; n++)
        {
            if (labels[n] == ofClass)
                samples.Add(n);
        }

        return [.. samples];
    }
}
