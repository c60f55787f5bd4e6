using DdmNative.Attribution.Networks;

namespace DdmNative.Attribution.Tests.Networks;

/// <summary>
/// A network in float64, built from its graph of layers: logits, the weighted cross-entropy with label vectors, and its gradients by plain
/// backpropagation. <see cref="ReferenceNetworkTests"/> holds the gradients to finite differences of the loss; second derivatives are
/// finite differences of the gradients.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="isTraining">Whether batch norms use the statistics of the batch, without samples of weight zero.</param>
internal sealed class ReferenceNetwork(Network network, bool isTraining = false)
{
    /// <summary>Logits [N, K] of images [N, C, H, W], all of them in the batch.</summary>
    public double[] Logits(double[] parameters, double[] images)
        => [.. Activations(parameters, images, _ => true)[^1].SelectMany(sample => sample)];

    /// <summary>Σₙ wₙ(σₙ·logsumexp zₙ − ⟨qₙ, zₙ⟩), its gradient by the parameters [P] and by the images [N, C, H, W].</summary>
    public (double Loss, double[] Gradient, double[] ImagesGradient) Evaluate(double[] parameters, double[] images, double[] labels,
        double[] weights)
    {
        double loss = 0;
        var gradient = new double[network.ParameterCount];
        double[][][] activations = Activations(parameters, images, n => weights[n] != 0);
        int samples = activations[0].Length;
        double[][][] cotangents = [.. activations.Select(values => Array.ConvertAll(values, sample => new double[sample.Length]))];
        for (int n = 0; n < samples; n++)
        {
            (double sampleLoss, double[] cotangent) = CrossEntropy(activations[^1][n], labels.AsSpan(n * network.Classes, network.Classes));
            loss += weights[n] * sampleLoss;
            cotangents[^1][n] = [.. cotangent.Select(value => value * weights[n])];
        }
        for (int i = network.Layers.Count - 1; i >= 0; i--)
        {
            int[] inputs = [.. network.InputsOf(i).Select(input => input + 1)];
            if (network.Layers[i] is AdditionLayer)
            {
                foreach (int input in inputs)
                    Add(cotangents[i + 1], cotangents[input]);
                continue;
            }
            Add(Backward(i, parameters, activations[inputs[0]], cotangents[i + 1], gradient, n => weights[n] != 0), cotangents[inputs[0]]);
        }
        return (loss, gradient, [.. cotangents[0].SelectMany(sample => sample)]);
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

    /// <summary>[tensors][N][values]: the images, then the output of every layer.</summary>
    private double[][][] Activations(double[] parameters, double[] images, Func<int, bool> isPresent)
    {
        var activations = new double[network.Layers.Count + 1][][];
        activations[0] = [.. images.Chunk(network.Input.Length)];
        for (int i = 0; i < network.Layers.Count; i++)
        {
            double[][][] x = [.. network.InputsOf(i).Select(input => activations[input + 1])];
            activations[i + 1] = network.Layers[i] switch
            {
                AdditionLayer => [.. x[0].Zip(x[1], (a, b) => a.Zip(b, (u, v) => u + v).ToArray())],
                BatchNormLayer when isTraining => ReferenceBatchNorm.Forward(ParametersOf(i, parameters), x[0], Channels(i), isPresent),
                Layer layer => Array.ConvertAll(x[0],
                    sample => ReferenceLayers.Forward(layer, parameters.AsSpan(network.LayerOffset(i)), sample)),
            };
        }
        return activations;
    }

    private double[][] Backward(int i, double[] parameters, double[][] x, double[][] cotangents, double[] gradient,
        Func<int, bool> isPresent)
        => network.Layers[i] is BatchNormLayer && isTraining
            ? ReferenceBatchNorm.Backward(ParametersOf(i, parameters), x, cotangents, Channels(i), isPresent,
                gradient.AsSpan(network.LayerOffset(i)))
            : [.. x.Zip(cotangents, (sample, cotangent) => ReferenceLayers.Backward(network.Layers[i],
                parameters.AsSpan(network.LayerOffset(i)), sample, cotangent, gradient.AsSpan(network.LayerOffset(i))))];

    private double[] ParametersOf(int layer, double[] parameters) => parameters[network.LayerOffset(layer)..];

    private int Channels(int layer) => network.Layers[layer].Output.Channels;

    private static void Add(double[][] values, double[][] sums)
    {
        for (int n = 0; n < values.Length; n++)
        {
            for (int i = 0; i < values[n].Length; i++)
                sums[n][i] += values[n][i];
        }
    }
}
