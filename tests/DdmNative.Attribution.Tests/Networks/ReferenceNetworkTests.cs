using Xunit;
using Xunit.Abstractions;
using static DdmNative.Attribution.Tests.Networks.NetworkCase;

namespace DdmNative.Attribution.Tests.Networks;

/// <summary>The float64 reference is worth something only if its own gradients are those of its loss.</summary>
public sealed class ReferenceNetworkTests(ITestOutputHelper output)
{
    private readonly Closeness _closeness = new(output, 1e-7);

    /// <summary>A single difference of the loss of a deep network has more rounding than a whole gradient of a shallow one.</summary>
    private readonly Closeness _alongOneDirection = new(output, 1e-6);

    [Theory]
    [InlineData("convnet")]
    [InlineData("convnet, gelu")]
    [InlineData("mlp")]
    public void Every_gradient_of_the_reference_matches_finite_differences(string architecture)
    {
        NetworkCase c = NetworkCase.Create(architecture, samples: 2);
        (double[] parameters, double[] images, double[] labels, double[] weights) =
            (Doubles(c.Parameters[0]), Doubles(c.Images[0]), Doubles(c.Labels[0]), Doubles(c.Weights[0]));
        (_, double[] gradient, double[] imagesGradient) = c.Reference.Evaluate(parameters, images, labels, weights);

        _closeness.Check("parameters", gradient,
            FiniteDifference.Gradient(p => c.Reference.Evaluate(p, images, labels, weights).Loss, parameters));
        _closeness.Check("images", imagesGradient,
            FiniteDifference.Gradient(x => c.Reference.Evaluate(parameters, x, labels, weights).Loss, images));
    }

    [Theory]
    [MemberData(nameof(NetworkCase.Names), MemberType = typeof(NetworkCase))]
    public void Gradients_of_the_reference_match_finite_differences_along_random_directions(string name)
    {
        NetworkCase c = NetworkCase.Create(name, samples: 1, seed: 3);
        (double[] parameters, double[] images, double[] labels, double[] weights) =
            (Doubles(c.Parameters[0]), Doubles(c.Images[0]), Doubles(c.Labels[0]), Doubles(c.Weights[0]));
        (_, double[] gradient, double[] imagesGradient) = c.Reference.Evaluate(parameters, images, labels, weights);

        for (int e = 0; e < c.Members; e++)
        {
            double[] direction = [.. c.Directions[e].Select(value => 0.01 * value)];
            _alongOneDirection.Check("parameters", [Inner(gradient, direction)],
                FiniteDifference.Along(p => [c.Reference.Evaluate(p, images, labels, weights).Loss], parameters, direction));
            double[] imagesDirection = Doubles(Normal(8, (uint)e, images.Length));
            _alongOneDirection.Check("images", [Inner(imagesGradient, imagesDirection)],
                FiniteDifference.Along(x => [c.Reference.Evaluate(parameters, x, labels, weights).Loss], images, imagesDirection));
        }
    }

    private static double Inner(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
