using Xunit;

namespace DdmNative.Compute.Tests.Reference;

/// <summary>Checks of the reference by independent means: central differences and adjointness, in float64.</summary>
internal static class Derivatives
{
    private const double Step = 1e-5;
    private const double Tolerance = 1e-7;

    /// <summary>d/dε of <paramref name="alongLine"/> at 0 against <paramref name="tangent"/>.</summary>
    public static void AssertTangent(Func<double, DoubleTensor> alongLine, DoubleTensor tangent)
    {
        DoubleTensor difference = DoubleTensor.Combine(tangent.Shape.Members, 0.5 / Step, alongLine(Step), -0.5 / Step, alongLine(-Step));
        DoubleTensor error = DoubleTensor.Combine(tangent.Shape.Members, 1, difference, -1, tangent);
        double relative = Math.Sqrt(DoubleTensor.Dot(error, error) / DoubleTensor.Dot(tangent, tangent));
        Assert.True(relative < Tolerance, $"The tangent is off by {relative:E2} of its norm.");
    }

    /// <summary>d/dε of a sum of products at 0 against Σ ⟨cotangent, direction⟩.</summary>
    public static void AssertGradient(Func<double, double> alongLine, params (DoubleTensor Cotangent, DoubleTensor Direction)[] parts)
    {
        double difference = (alongLine(Step) - alongLine(-Step)) / (2 * Step);
        AssertEqual(difference, parts.Sum(part => DoubleTensor.Dot(part.Cotangent, part.Direction)));
    }

    /// <summary>⟨Aẋ, δ⟩ = ⟨ẋ, Aᵀδ⟩.</summary>
    public static void AssertEqual(double expected, double actual)
        => Assert.True(Math.Abs(actual - expected) < Tolerance * (1 + Math.Abs(expected)), $"Expected {expected:R}, found {actual:R}.");
}
