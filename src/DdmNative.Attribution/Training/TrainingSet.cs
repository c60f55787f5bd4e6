using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Datasets.Rows;
using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Attribution.Training;

/// <summary>
/// The training samples for a device: images (or features, or frozen features of images) with label vectors, shared by all members. They
/// are on the device, except large features and their labels (<see cref="SampleSource"/>).
/// </summary>
public sealed class TrainingSet : IDisposable
{
    private TrainingSet(SampleSource samples, SampleSource labels) => (Samples, LabelVectors) = (samples, labels);

    /// <summary>[1, M, C, H, W], normalised.</summary>
    public SampleSource Samples { get; }

    /// <summary>[1, M, K, 1, 1]: label vectors, one-hot or smoothed.</summary>
    public SampleSource LabelVectors { get; }

    /// <summary>The samples on the device.</summary>
    /// <exception cref="InvalidOperationException">They are on the host.</exception>
    public Tensor Images => OnDevice(Samples);

    /// <summary>The label vectors on the device.</summary>
    /// <exception cref="InvalidOperationException">They are on the host.</exception>
    public Tensor Labels => OnDevice(LabelVectors);

    /// <summary>M.</summary>
    public int Count => Samples.Rows.Count;

    /// <summary>
    /// [M] non-negative weights of the samples, or null if all weigh the same: a batch's loss is Σ wᵢLᵢ / Σ wᵢ over its kept samples.
    /// </summary>
    public float[]? Weights { get; init; }

    /// <summary>ε of the label vectors, which must be that of a training on the set (<see cref="TrainingOptions"/>).</summary>
    public float LabelSmoothing { get; private init; }

    /// <summary>Normalised images or features with the label vectors of a training's loss; by default they are one-hot.</summary>
    public static TrainingSet Create(Device device, Dataset data, float labelSmoothing = 0)
    {
        ArgumentNullException.ThrowIfNull(data);
        return Create(device, data.Rows, new ImageShape(data.Channels, data.Height, data.Width), data.Labels, data.Classes,
            labelSmoothing: labelSmoothing);
    }

    /// <summary>Uploads samples of any shape with the label vectors of a training's loss; by default they are one-hot.</summary>
    /// <param name="device">The device of the tensors.</param>
    /// <param name="images">[M, C, H, W].</param>
    /// <param name="shape">[1, M, C, H, W].</param>
    /// <param name="labels">[M], each in 0 … classes − 1.</param>
    /// <param name="classes">K.</param>
    /// <param name="weights">[M] or null; see <see cref="Weights"/>.</param>
    /// <param name="labelSmoothing">ε; see <see cref="TrainingOptions.LabelSmoothing"/>.</param>
    /// <exception cref="ArgumentException">The number of labels or weights does not match the samples, or a weight is negative or not a
    /// number.</exception>
    public static TrainingSet Create(Device device, ReadOnlySpan<float> images, TensorShape shape, ReadOnlySpan<int> labels, int classes,
        float[]? weights = null, float labelSmoothing = 0)
        => Create(device, new ArrayRows(images.ToArray(), shape.SampleLength), new ImageShape(shape.Channels, shape.Height, shape.Width),
            labels.ToArray(), classes, weights, labelSmoothing);

    /// <summary>Samples of any shape with the label vectors of a training's loss; by default they are one-hot.</summary>
    /// <param name="device">The device of the tensors.</param>
    /// <param name="rows">[M][C·H·W].</param>
    /// <param name="sample">The shape of one sample.</param>
    /// <param name="labels">[M], each in 0 … classes − 1.</param>
    /// <param name="classes">K.</param>
    /// <param name="weights">[M] or null; see <see cref="Weights"/>.</param>
    /// <param name="labelSmoothing">ε.</param>
    /// <exception cref="ArgumentException">As for the other form.</exception>
    public static TrainingSet Create(Device device, SampleRows rows, ImageShape sample, int[] labels, int classes,
        float[]? weights = null, float labelSmoothing = 0)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(labels);

        // The labels of images in memory are on the device too: matching gathers both there.
        var vectors = new LabelVectorRows(labels, classes, labelSmoothing) { MayBeCopied = rows.Values is not null };
        return Create(device, rows, sample, vectors, weights, labelSmoothing);
    }

    /// <summary>Samples with label vectors that have this smoothing.</summary>
    internal static TrainingSet Create(Device device, SampleRows rows, ImageShape sample, SampleRows labels, float[]? weights = null,
        float labelSmoothing = 0)
    {
        if (labels.Count != rows.Count)
            throw new ArgumentException($"{labels.Count} labels are not those of {rows.Count} samples.", nameof(labels));
        if (weights is not null && (weights.Length != rows.Count || Array.Exists(weights, w => !(w >= 0) || float.IsInfinity(w))))
            throw new ArgumentException($"Weights must be {rows.Count} finite numbers of at least zero.", nameof(weights));
        return new TrainingSet(SampleSource.Create(device, rows, sample),
            SampleSource.Create(device, labels, new ImageShape(labels.Length, 1, 1)))
        {
            Weights = weights,
            LabelSmoothing = labelSmoothing,
        };
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Samples.Dispose();
        LabelVectors.Dispose();
    }

    private static Tensor OnDevice(SampleSource source)
        => source.Tensor ?? throw new InvalidOperationException($"{source.Shape.Samples} samples are too large for the device.");
}
