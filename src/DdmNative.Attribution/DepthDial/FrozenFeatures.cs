using DdmNative.Attribution.Datasets.Rows;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.DepthDial;

/// <summary>The activations of samples after the target's frozen lower layers: the input of its retrained top layers.</summary>
/// <param name="Shape">One sample's features.</param>
/// <param name="Rows">[N][C·H·W]: in memory, unless they are the samples themselves.</param>
public sealed record FrozenFeatures(ImageShape Shape, SampleRows Rows)
{
    /// <summary>Features in memory.</summary>
    /// <param name="shape">One sample's features.</param>
    /// <param name="count">N.</param>
    /// <param name="values">[N, C, H, W].</param>
    public FrozenFeatures(ImageShape shape, int count, float[] values)
        : this(shape, new ArrayRows(values, shape?.Length ?? 1))
    {
        if (Rows.Count != count)
            throw new ArgumentException($"{values.Length} values are not {count} features of {shape}.", nameof(values));
    }

    /// <summary>The maximum number of samples that pass through the lower layers together.</summary>
    private const int LargestChunk = 256;

    /// <summary>N.</summary>
    public int Count => Rows.Count;

    /// <summary>[N, C, H, W] of features that are in memory.</summary>
    /// <exception cref="InvalidOperationException">They are the samples themselves, which are read row by row.</exception>
    public float[] Values => Rows.Values ?? throw new InvalidOperationException("These features are read row by row.");

    /// <summary>d = C·H·W.</summary>
    public int Dimensions => Shape.Length;

    /// <summary>Computes the activations of images in memory.</summary>
    /// <param name="device">The device for the computation.</param>
    /// <param name="network">The whole network.</param>
    /// <param name="firstLayer">The first layer above the cut.</param>
    /// <param name="parameters">[P]: all of the target's parameters.</param>
    /// <param name="images">[N, C, H, W], normalised.</param>
    /// <exception cref="ArgumentException">The images or the parameters do not fit the network.</exception>
    public static FrozenFeatures Compute(Device device, Network network, int firstLayer, ReadOnlySpan<float> parameters, float[] images)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(images);
        return Compute(device, network, firstLayer, parameters, new ArrayRows(images, network.Input.Length));
    }

    /// <summary>
    /// Computes the activations that are the input of layer <paramref name="firstLayer"/>; for layer 0 they are the samples themselves.
    /// </summary>
    /// <param name="device">The device for the computation.</param>
    /// <param name="network">The whole network.</param>
    /// <param name="firstLayer">The first layer above the cut, e.g. <see cref="Network.HeadStart"/> for the penultimate features.</param>
    /// <param name="parameters">[P]: all of the target's parameters.</param>
    /// <param name="samples">[N][C·H·W], normalised.</param>
    /// <exception cref="ArgumentException">The samples or the parameters do not fit the network.</exception>
    /// <exception cref="InsufficientMemoryException">The activations do not fit in memory.</exception>
    public static FrozenFeatures Compute(Device device, Network network, int firstLayer, ReadOnlySpan<float> parameters, SampleRows samples)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(samples);
        ImageShape input = network.Input;
        if (samples.Count == 0 || samples.Length != input.Length)
            throw new ArgumentException($"{samples.Count} rows of {samples.Length} values are not inputs of {input}.", nameof(samples));
        if (parameters.Length != network.ParameterCount)
            throw new ArgumentException($"{parameters.Length} parameters; the network has {network.ParameterCount}.", nameof(parameters));
        int count = samples.Count;
        if (firstLayer == 0)
            return new FrozenFeatures(input, samples);

        Network bottom = network.Bottom(firstLayer);
        long length = (long)count * bottom.Output.Length;
        if (length > Math.Min(Array.MaxLength, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / sizeof(float)))
            throw new InsufficientMemoryException($"The activations of {count} samples, {bottom.Output} each, do not fit in memory "
                + $"({length * sizeof(float) >> 20} MiB). Use a network with a narrower last layer, or fewer samples.");
        using var source = SampleSource.Create(device, samples, input);
        using var pass = new EvaluationPass(device, bottom, source, members: 1, Math.Min(count, LargestChunk));
        var values = new float[length];
        pass.Run(parameters[..bottom.ParameterCount], count, values);
        return new FrozenFeatures(bottom.Output, count, values);
    }
}
