using DdmNative.Compute.Contracts;
using Xunit;

namespace DdmNative.Compute.Tests.Reference;

public sealed class ReferenceGradientDistanceTests
{
    private static readonly ParameterBlock[] Blocks = [new(0, 3, 5, true), new(15, 3, 1, false), new(18, 2, 4, true)];

    [Theory]
    [InlineData(GradientDistanceKind.Relative)]
    [InlineData(GradientDistanceKind.RelativePerLayer)]
    [InlineData(GradientDistanceKind.RowCosine)]
    public void Cotangent_matches_finite_differences(GradientDistanceKind kind)
    {
        var random = new RandomValues(17);
        DoubleTensor gradient = random.Vector(1, 26);
        DoubleTensor target = random.Vector(1, 26);
        DoubleTensor direction = random.Vector(1, 26);
        Derivatives.AssertGradient(
            step => ReferenceGradientDistance.Evaluate(1, kind, Blocks, DoubleTensor.Moved(gradient, step, direction), target).Distance[0,
            0, 0],
            (ReferenceGradientDistance.Evaluate(1, kind, Blocks, gradient, target).Cotangent, direction));
    }

    [Theory]
    [InlineData(GradientDistanceKind.Relative, 1)]
    [InlineData(GradientDistanceKind.RelativePerLayer, 3)]
    [InlineData(GradientDistanceKind.RowCosine, 5)]
    public void Distance_of_a_gradient_to_itself_is_zero_and_to_nothing_is_one_per_term(GradientDistanceKind kind, int terms)
    {
        DoubleTensor gradient = new RandomValues(18).Vector(1, 26);
        Assert.Equal(0, ReferenceGradientDistance.Evaluate(1, kind, Blocks, gradient, gradient).Distance[0, 0, 0], 1e-12);
        Assert.Equal(terms, ReferenceGradientDistance.Evaluate(1, kind, Blocks, gradient, new DoubleTensor(gradient.Shape)).Distance[0, 0,
            0]);
    }
}
