using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Matching;

/// <summary>
/// The initial images of a synset. Real samples nearest to the (sub-)centres were measured best; means and noise are for comparison.
/// </summary>
/// <param name="Image">The shape of one image.</param>
/// <param name="Classes">K.</param>
/// <param name="Images">The training images [M, C, H, W], row-major, normalised.</param>
/// <param name="Labels">The training samples' classes [M].</param>
public sealed record SynsetStart(ImageShape Image, int Classes, float[] Images, int[] Labels)
{
    /// <summary>ε of the training loss, whose label vectors a synset's images start with (<see cref="LabelVectors"/>).</summary>
    public float LabelSmoothing { get; init; }

    private int ImageLength => Image.Length;

    /// <summary>
    /// Copies real samples: <paramref name="samples"/> [G·m] are their indices, m per group, sorted by group. This is also the unmatched
    /// synset of the quality table.
    /// </summary>
    /// <exception cref="ArgumentException">The number of samples is not a multiple of m, or an index is outside the training
    /// set.</exception>
    public Synset Nearest(IReadOnlyList<int> samples, int perGroup)
    {
        ArgumentNullException.ThrowIfNull(samples);
        return Means([.. samples.Select(sample => new[] { sample })], perGroup);
    }

    /// <summary>
    /// Averages real samples: <paramref name="subClusters"/> [G·m] contains the indices of each (sub-)cluster's samples; the label vectors
    /// are averaged too.
    /// </summary>
    /// <exception cref="ArgumentException">The number of sub-clusters is not a multiple of m, one is empty, or an index is outside the
    /// training set.</exception>
    public Synset Means(IReadOnlyList<IReadOnlyList<int>> subClusters, int perGroup)
    {
        ArgumentNullException.ThrowIfNull(subClusters);
        if (perGroup < 1 || subClusters.Count % perGroup != 0)
            throw new ArgumentException($"{subClusters.Count} images cannot be {perGroup} for each group.", nameof(subClusters));
        var images = new float[subClusters.Count * ImageLength];
        var labels = new float[subClusters.Count * Classes];
        for (int i = 0; i < subClusters.Count; i++)
        {
            if (subClusters[i].Count == 0)
                throw new ArgumentException($"Sub-cluster {i} (group {i / perGroup}) has no samples.", nameof(subClusters));
            Average(subClusters[i], images.AsSpan(i * ImageLength, ImageLength), labels.AsSpan(i * Classes, Classes));
        }
        return new Synset(Image, Classes, images, labels, Synset.GroupsOf(subClusters.Count / perGroup, perGroup));
    }

    /// <summary>Standard normal noise, with the label vectors of <paramref name="labelled"/>.</summary>
    public static Synset Noise(Synset labelled, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(labelled);
        var images = new float[labelled.Images.Length];
        for (int i = 0; i < images.Length; i++)
        {
            // Box and Muller 1958; 1 − u is in (0, 1], so that the logarithm is finite.
            double radius = Math.Sqrt(-2 * Math.Log(1 - Philox.Uniform(seed, 0, (ulong)(2 * i))));
            images[i] = (float)(radius * Math.Cos(2 * Math.PI * Philox.Uniform(seed, 0, (ulong)(2 * i) + 1)));
        }
        return new Synset(labelled.Image, labelled.Classes, images, labelled.Labels, labelled.Groups);
    }

    private void Average(IReadOnlyList<int> samples, Span<float> image, Span<float> label)
    {
        var sum = new double[ImageLength];
        var share = new float[Classes];
        foreach (int sample in samples)
        {
            if (sample < 0 || sample >= Labels.Length)
                throw new ArgumentException($"Sample {sample} is outside a training set of {Labels.Length}.", nameof(samples));
            ReadOnlySpan<float> pixels = Images.AsSpan(sample * ImageLength, ImageLength);
            for (int i = 0; i < pixels.Length; i++)
                sum[i] += pixels[i];
            share[Labels[sample]] += 1.0f / samples.Count;
        }
        for (int i = 0; i < sum.Length; i++)
            image[i] = (float)(sum[i] / samples.Count);
        // A sub-cluster of one class keeps the label vector of its samples, which a sum of reciprocals may not give.
        int first = Labels[samples[0]];
        if (samples.All(sample => Labels[sample] == first))
        {
            LabelVectors.Fill(first, LabelSmoothing, label);
            return;
        }

        for (int k = 0; k < label.Length; k++)
            label[k] = (1 - LabelSmoothing) * share[k] + LabelSmoothing / Classes;
    }
}
