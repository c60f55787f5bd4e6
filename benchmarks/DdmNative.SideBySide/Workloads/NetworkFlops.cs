using DdmNative.Attribution.Networks;
using DdmNative.Compute.Contracts;

namespace DdmNative.SideBySide.Workloads;

/// <summary>Flops of one sample through a ConvNet: convolutions and the linear layer, a multiply–add being two.</summary>
internal sealed class NetworkFlops
{
    private readonly double _firstLayer;

    public NetworkFlops(NetworkOptions options)
    {
        (int channels, int size) = (options.Input.Channels, options.Input.Height);
        for (int i = 0; i < options.Depth; i++, (channels, size) = (options.Width, size / 2))
        {
            double layer = 2.0 * new ConvolutionShape(channels, options.Width, size, size, 3, 1).MultiplyAdds;
            Forward += layer;
            if (i == 0)
                _firstLayer = layer;
        }
        Forward += 2.0 * channels * size * size * options.Classes;
    }

    /// <summary>One evaluation.</summary>
    public double Forward { get; }

    /// <summary>Forward, and backward to the parameters (the images need no gradient).</summary>
    public double Training => 3 * Forward - _firstLayer;

    /// <summary>
    /// A training pass, and the tangents of a forward pass and of a backward pass to the images, each layer of which is two products.
    /// </summary>
    public double Matching => Training + (2 * Forward - _firstLayer) + 2 * Forward;
}
