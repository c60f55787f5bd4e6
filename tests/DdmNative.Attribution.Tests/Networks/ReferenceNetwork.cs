using DdmNative.Attribution.Networks;

namespace DdmNative.Attribution.Tests.Networks;

/// <summary>
/// A network in float64, built from its layer list: logits, the weighted cross-entropy with label vectors, and its gradients by plain
/// backpropagation. <see cref="ReferenceNetworkTests"/> holds the gradients to finite differences of the loss; second derivatives are
/// finite differences of the gradients.
/// </summary>
internal sealed class ReferenceNetwork(Network network)
{
    /// <summary>Logits [N, K] of images [N, C, H, W].</summary>
    public double[] Logits(double[] parameters, double[] images)
        => [.. Samples(images).SelectMany(image => Activations(parameters, image)[^1])];

    /// <summary>Σₙ wₙ(σₙ·logsumexp zₙ − ⟨qₙ, zₙ⟩), its gradient by the parameters [P] and by the images [N, C, H, W].</summary>
    public (double Loss, double[] Gradient, double[] ImagesGradient) Evaluate(double[] parameters, double[] images, double[] labels,
        double[] weights)
    {
        double loss = 0;
        var gradient = new double[network.ParameterCount];
        var imagesGradient = new List<double>();
        int n = 0;
        foreach (double[] image in Samples(images))
        {
            double[][] activations = Activations(parameters, image);
            ReadOnlySpan<double> label = labels.AsSpan(n * network.Classes, network.Classes);
            (double sampleLoss, double[] cotangent) = CrossEntropy(activations[^1], label);
            loss += weights[n] * sampleLoss;
            for (int k = 0; k < cotangent.Length; k++)
                cotangent[k] *= weights[n];
            for (int i = network.Layers.Count - 1; i >= 0; i--)
                cotangent = ReferenceLayers.Backward(network.Layers[i], parameters.AsSpan(network.LayerOffset(i)), activations[i],
                    cotangent, gradient.AsSpan(network.LayerOffset(i)));
            imagesGradient.AddRange(cotangent);
            n++;
        }
        return (loss, gradient, [.. imagesGradient]);
    }

    /// <summary>σ·logsumexp z − ⟨q, z⟩ and its gradient by z.</summary>
    public static (double Loss, double[] Cotangent) CrossEntropy(double[] logits, ReadOnlySpan<double> label)
    {
        double highest = logits.Max();
        double normaliser = highest + Math.Log(logits.Sum(z => Math.Exp(z - highest)));
        (double loss, double sum) = (0, 0);
        for (int k = 0; k < logits.Length; k++)
        {
            sum += label[k];
            loss += label[k] * (normaliser - logits[k]);
        }
        var cotangent = new double[logits.Length];
        for (int k = 0; k < logits.Length; k++)
            cotangent[k] = sum * Math.Exp(logits[k] - normaliser) - label[k];
        return (loss, cotangent);
    }

    private double[][] Activations(double[] parameters, double[] image)
    {
        var activations = new double[network.Layers.Count + 1][];
        activations[0] = image;
        for (int i = 0; i < network.Layers.Count; i++)
            activations[i + 1] = ReferenceLayers.Forward(network.Layers[i], parameters.AsSpan(network.LayerOffset(i)), activations[i]);
        return activations;
    }

    private IEnumerable<double[]> Samples(double[] images) => images.Chunk(network.Input.Length);
}
