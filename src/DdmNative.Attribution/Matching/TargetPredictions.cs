using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Attribution.Matching;

/// <summary>A network's own predictions for a synset's images.</summary>
public static class TargetPredictions
{
    /// <summary>p = softmax z(x; θ) of every image, [G·m, K].</summary>
    public static float[] Of(Device device, Network network, Synset synset, ReadOnlySpan<float> parameters)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(synset);
        using Tensor images = device.Upload(synset.SharedShape, synset.Images);
        using Tensor theta = device.Upload(TensorShape.Vector(1, network.ParameterCount), parameters);
        using Tensor probabilities = device.Allocate(new TensorShape(1, synset.Count, synset.Classes));
        using var pass = new NetworkPass(device, network, 1, synset.Count);
        using IPlan plan = device.Record("synset predictions", () =>
        {
            pass.Forward(theta, images);
            device.SoftmaxCrossEntropy.Probabilities(pass.Output, probabilities);
        });
        plan.Run();
        return probabilities.ToArray();
    }
}
