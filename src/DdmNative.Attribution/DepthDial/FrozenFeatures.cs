using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Compute;

namespace DdmNative.Attribution.DepthDial;

/// <summary>The activations of samples after the target's frozen lower layers: the input of its retrained top layers.</summary>
/// <param name="Shape">One sample's features.</param>
/// <param name="Count">N.</param>
/// <param name="Values">[N, C, H, W].</param>
public sealed record FrozenFeatures(ImageShape Shape, int Count, float[] Values)
{
    /// <summary>The maximum number of samples that pass through the lower layers together.</summary>
    private const int LargestChunk = 256;

    /// <summary>d = C·H·W.</summary>
    public int Dimensions => Shape.Length;

    /// <summary>
    /// Computes the activations that are the input of layer <paramref name="firstLayer"/>; for layer 0 they are the images themselves.
    /// </summary>
    /// <param name="device">The device for the computation.</param>
    /// <param name="network">The whole network.</param>
    /// <param name="firstLayer">The first layer above the cut, e.g. <see cref="Network.HeadStart"/> for the penultimate features.</param>
    /// <param name="parameters">[P]: all of the target's parameters.</param>
    /// <param name="images">[N, C, H, W], normalised.</param>
    /// <exception cref="ArgumentException">The images or the parameters do not fit the network.</exception>
    public static FrozenFeatures Compute(Device device, Network network, int firstLayer, ReadOnlySpan<float> parameters, float[] images)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(images);
        ImageShape input = network.Input;
        if (images.Length == 0 || images.Length % input.Length != 0)
            throw new ArgumentException($"{images.Length} values are not images of {input}.", nameof(images));
        if (parameters.Length != network.ParameterCount)
            throw new ArgumentException($"{parameters.Length} parameters; the network has {network.ParameterCount}.", nameof(parameters));
        int count = images.Length / input.Length;
        if (firstLayer == 0)
            return new FrozenFeatures(input, count, images);

        Network bottom = network.Bottom(firstLayer);
        using Tensor onDevice = device.Upload(input.For(members: 1, count), images);
        using var pass = new EvaluationPass(device, bottom, onDevice, members: 1, Math.Min(count, LargestChunk));
        var values = new float[count * bottom.Output.Length];
        pass.Run(parameters[..bottom.ParameterCount], count, values);
        return new FrozenFeatures(bottom.Output, count, values);
    }
}
