using DdmNative.Attribution.Datasets.Rows;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Grouping;

/// <summary>
/// Groups that split every class into clusters of similar samples: k-means within the class, on the target's penultimate features (the
/// input of its head) or on pixels. The table keeps the hierarchy class → cluster.
/// </summary>
public static class ClusterGroups
{
    /// <summary>
    /// Creates groups in the order of their classes, then clusters; a class with fewer samples than clusters gets one group per sample.
    /// </summary>
    /// <param name="features">[N, d]: the features that measure similarity.</param>
    /// <param name="labels">[N]: the class of each sample.</param>
    /// <param name="options">k per class, and the seed; each class has a separate random stream.</param>
    /// <exception cref="ArgumentException">The numbers of features and samples disagree.</exception>
    public static GroupTable Make(ReadOnlySpan<float> features, ReadOnlySpan<int> labels, KMeansOptions options)
    {
        if (labels.IsEmpty || features.IsEmpty || features.Length % labels.Length != 0)
            throw new ArgumentException($"{features.Length} numbers are not the features of {labels.Length} samples.", nameof(features));
        return Make(new ArrayRows(features.ToArray(), features.Length / labels.Length), labels, options);
    }

    /// <summary>The same on features that need not be in memory: those of one class are, at a time.</summary>
    /// <param name="features">[N][d]: the features that measure similarity.</param>
    /// <param name="labels">[N]: the class of each sample.</param>
    /// <param name="options">k per class, and the seed.</param>
    /// <exception cref="ArgumentException">The numbers of features and samples disagree.</exception>
    public static GroupTable Make(SampleRows features, ReadOnlySpan<int> labels, KMeansOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(features);
        if (labels.IsEmpty || features.Count != labels.Length)
            throw new ArgumentException($"{features.Count} rows are not the features of {labels.Length} samples.", nameof(features));
        var groupOf = new int[labels.Length];
        var (classOf, clusterOf) = (new List<int>(), new List<int>());
        (int Class, int[] Samples)[] classes = SamplesByClass(labels);
        var clusterings = new Clustering[classes.Length];
        InParallel.For(classes.Length, i => clusterings[i] = KMeans.Fit(features.Copy(classes[i].Samples), features.Length,
            options with { Stream = (ulong)classes[i].Class }));
        for (int i = 0; i < classes.Length; i++)
        {
            (int c, int[] samples) = classes[i];
            for (int n = 0; n < samples.Length; n++)
                groupOf[samples[n]] = classOf.Count + clusterings[i].Assignment[n];
            for (int k = 0; k < clusterings[i].Sizes.Length; k++)
            {
                classOf.Add(c);
                clusterOf.Add(k);
            }
        }

        return new GroupTable(groupOf, [.. classOf], [.. clusterOf]);
    }

    /// <summary>The samples of every class that has some, ascending.</summary>
    private static (int Class, int[] Samples)[] SamplesByClass(ReadOnlySpan<int> labels)
    {
        var samples = new SortedDictionary<int, List<int>>();
        for (int n = 0; n < labels.Length; n++)
        {
            if (!samples.TryGetValue(labels[n], out List<int>? ofClass))
                samples.Add(labels[n], ofClass = []);
            ofClass.Add(n);
        }

        return [.. samples.Select(entry => (entry.Key, entry.Value.ToArray()))];
    }
}
