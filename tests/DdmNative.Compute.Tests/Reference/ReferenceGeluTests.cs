using Xunit;

namespace DdmNative.Compute.Tests.Reference;

public sealed class ReferenceGeluTests
{
    private static readonly RandomValues Random = new(21);
    private static readonly DoubleTensor X = Random.Tensor(new TensorShape(2, 2, 3, 5, 7));
    private static readonly DoubleTensor XTangent = Random.Tensor(X.Shape);
    private static readonly DoubleTensor Cotangent = Random.Tensor(X.Shape);
    private static readonly DoubleTensor CotangentTangent = Random.Tensor(X.Shape);

    /// <summary>The values are mpmath's <c>ncdf</c>; the expansions meet at −3 and 3.</summary>
    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1, 0.8413447460685429)]
    [InlineData(-1, 0.1586552539314571)]
    [InlineData(2.5, 0.9937903346742239)]
    [InlineData(-2.99, 0.00139488723549225)]
    [InlineData(-3, 0.001349898031630095)]
    [InlineData(-6, 9.865876450376981e-10)]
    [InlineData(-10, 7.619853024160526e-24)]
    [InlineData(40, 1)]
    public void Distribution_has_the_known_values(double x, double expected)
        => Assert.InRange(ReferenceGelu.Distribution(x) / expected, 1 - 1e-13, 1 + 1e-13);

    [Fact]
    public void Tangent_matches_finite_differences()
        => Derivatives.AssertTangent(
            step => ReferenceGelu.Forward(2, DoubleTensor.Moved(X, step, XTangent)), ReferenceGelu.ForwardTangent(2, X, XTangent));

    [Fact]
    public void Tangent_of_the_cotangent_matches_finite_differences()
        => Derivatives.AssertTangent(
            step => ReferenceGelu.Backward(2, DoubleTensor.Moved(X, step, XTangent), DoubleTensor.Moved(Cotangent, step, CotangentTangent)),
            ReferenceGelu.BackwardTangent(2, X, XTangent, Cotangent, CotangentTangent));

    [Fact]
    public void Cotangent_is_the_adjoint_of_the_tangent()
        => Derivatives.AssertEqual(
            DoubleTensor.Dot(ReferenceGelu.ForwardTangent(2, X, XTangent), Cotangent),
            DoubleTensor.Dot(ReferenceGelu.Backward(2, X, Cotangent), XTangent));
}
