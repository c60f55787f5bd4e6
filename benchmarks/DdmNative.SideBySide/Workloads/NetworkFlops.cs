using DdmNative.Attribution.Networks;

namespace DdmNative.SideBySide.Workloads;

/// <summary>Flops of one sample through a network: convolutions and linear layers, a multiply–add being two.</summary>
internal sealed class NetworkFlops
{
    private readonly double _readingImages;

    public NetworkFlops(NetworkOptions options)
    {
        var network = Network.Create(options);
        for (int i = 0; i < network.Layers.Count; i++)
        {
            double layer = 2.0 * network.Layers[i].MultiplyAdds;
            Forward += layer;
            if (!network.InputsOf(i).Any(network.DependsOnParameters))
                _readingImages += layer;
        }
    }

    /// <summary>One evaluation.</summary>
    public double Forward { get; }

    /// <summary>Forward, and backward to the parameters: the images need no gradient.</summary>
    public double Training => 3 * Forward - _readingImages;

    /// <summary>
    /// A training pass, and the tangents of a forward pass and of a backward pass to the images, each layer of which is two products.
    /// </summary>
    public double Matching => Training + (2 * Forward - _readingImages) + 2 * Forward;

    /// <summary>
    /// A Hessian-vector product beside the passes that all vectors share: the tangents of a forward pass, and those of a backward pass to
    /// the parameters and below, each layer of which is two products; the images have no tangent.
    /// </summary>
    public double HessianProduct => 6 * Forward - 4 * _readingImages;
}
