using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Attribution.Tests.Matching;

/// <summary>How well one group's synset gradient g agrees with its target gradient g*, over all parameters.</summary>
/// <param name="Cosine">⟨g, g*⟩/(‖g‖‖g*‖): 1 for the same direction; 0 if one of them is zero.</param>
/// <param name="NormRatio">‖g‖/‖g*‖.</param>
/// <param name="RelativeDistance">‖g − g*‖²/‖g*‖².</param>
internal sealed record GradientAgreement(double Cosine, double NormRatio, double RelativeDistance)
{
    /// <summary>Compares gradients [G, P] with the target gradients, group by group.</summary>
    /// <exception cref="ArgumentException">The lengths disagree or are not G·P.</exception>
    public static IReadOnlyList<GradientAgreement> Measure(float[] gradients, float[] wanted, int groupCount)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        ArgumentNullException.ThrowIfNull(wanted);
        if (gradients.Length != wanted.Length || gradients.Length % groupCount != 0)
            throw new ArgumentException($"{gradients.Length} and {wanted.Length} values are not gradients of {groupCount} groups.",
                nameof(gradients));
        int length = gradients.Length / groupCount;
        var agreements = new GradientAgreement[groupCount];
        for (int group = 0; group < groupCount; group++)
            agreements[group] = Measure(gradients.AsSpan(group * length, length), wanted.AsSpan(group * length, length));
        return agreements;
    }

    /// <summary>The gradients [G, P] of a synset's groups at θ.</summary>
    public static float[] SynsetGradients(Device device, Network network, Synset synset, ReadOnlySpan<float> parameters)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(synset);
        using Tensor images = device.Upload(synset.SharedShape, synset.Images);
        using Tensor labels = device.Upload(new TensorShape(1, synset.Count, synset.Classes), synset.Labels);
        using var gradients = new GroupGradients(device, network, images, labels, synset.Groups, synset.GroupCount,
            new GroupGradientOptions(Block: synset.PerGroup));
        return gradients.At(parameters);
    }

    private static GradientAgreement Measure(ReadOnlySpan<float> gradient, ReadOnlySpan<float> wanted)
    {
        (double dot, double own, double other, double difference) = (0, 0, 0, 0);
        for (int p = 0; p < gradient.Length; p++)
        {
            (double g, double w) = (gradient[p], wanted[p]);
            dot += g * w;
            own += g * g;
            other += w * w;
            difference += (g - w) * (g - w);
        }
        double product = Math.Sqrt(own * other);
        return new GradientAgreement(
            product > 0 ? dot / product : 0,
            other > 0 ? Math.Sqrt(own / other) : own > 0 ? double.PositiveInfinity : 1,
            other > 0 ? difference / other : own > 0 ? double.PositiveInfinity : 0);
    }
}
