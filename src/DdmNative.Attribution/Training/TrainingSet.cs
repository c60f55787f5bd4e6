using DdmNative.Attribution.Datasets;
using DdmNative.Compute;

namespace DdmNative.Attribution.Training;

/// <summary>The training samples on the device: images (or frozen features of them) with label vectors, shared by all members.</summary>
/// <param name="Images">[1, M, C, H, W], normalised.</param>
/// <param name="Labels">[1, M, K, 1, 1]: one-hot, smoothed, or any label vector.</param>
/// <param name="Count">M.</param>
public sealed record TrainingSet(Tensor Images, Tensor Labels, int Count) : IDisposable
{
    /// <summary>
    /// [M] non-negative weights of the samples, or null if all weigh the same: a batch's loss is Σ wᵢLᵢ / Σ wᵢ over its kept samples.
    /// </summary>
    public float[]? Weights { get; init; }

    /// <summary>ε of the label vectors, which must be that of a training on the set (<see cref="TrainingOptions"/>).</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>Uploads normalised images with the label vectors of a training's loss; by default they are one-hot.</summary>
    public static TrainingSet Create(Device device, Dataset data, float labelSmoothing = 0)
    {
        ArgumentNullException.ThrowIfNull(data);
        return Create(device, data.Images, new TensorShape(1, data.Count, data.Channels, data.Height, data.Width), data.Labels,
            data.Classes, labelSmoothing: labelSmoothing);
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
    {
        ArgumentNullException.ThrowIfNull(device);
        if (labels.Length != shape.Samples)
            throw new ArgumentException($"{labels.Length} labels are not those of {shape.Samples} samples.", nameof(labels));
        if (weights is not null && (weights.Length != shape.Samples || Array.Exists(weights, w => !(w >= 0) || float.IsInfinity(w))))
            throw new ArgumentException($"Weights must be {shape.Samples} finite numbers of at least zero.", nameof(weights));
        float[] vectors = LabelVectors.Create(labels, classes, labelSmoothing);
        Tensor onDevice = device.Upload(shape, images);
        return new TrainingSet(onDevice, device.Upload(new TensorShape(1, labels.Length, classes), vectors), labels.Length)
        {
            Weights = weights,
            LabelSmoothing = labelSmoothing,
        };
    }

    /// <summary>Frees both tensors.</summary>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
    }
}
