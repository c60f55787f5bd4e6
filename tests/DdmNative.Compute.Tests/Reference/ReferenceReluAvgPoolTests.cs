using Xunit;

namespace DdmNative.Compute.Tests.Reference;

public sealed class ReferenceReluAvgPoolTests
{
    private static readonly RandomValues Random = new(14);
    private static readonly DoubleTensor X = Random.Tensor(new TensorShape(2, 2, 3, 5, 7));
    private static readonly DoubleTensor XTangent = Random.Tensor(X.Shape);

    [Fact]
    public void Forward_of_a_hand_computed_image_is_the_mean_of_the_positive_part()
    {
        var x = DoubleTensor.FromFloats(new TensorShape(1, 1, 1, 2, 3), [1, -2, 9, 3, 4, 9]);
        Assert.Equal([2.0], ReferenceReluAvgPool.Forward(1, 2, x).Values);
        Assert.Equal([1.0, 0, 9, 3, 4, 9], ReferenceReluAvgPool.Forward(1, 1, x).Values);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Tangent_matches_finite_differences(int window)
        => Derivatives.AssertTangent(
            step => ReferenceReluAvgPool.Forward(2, window, DoubleTensor.Moved(X, step, XTangent)),
            ReferenceReluAvgPool.ForwardTangent(2, window, X, XTangent));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Cotangent_is_the_adjoint_of_the_tangent(int window)
    {
        DoubleTensor tangent = ReferenceReluAvgPool.ForwardTangent(2, window, X, XTangent);
        DoubleTensor cotangent = new RandomValues(15).Tensor(tangent.Shape);
        Derivatives.AssertEqual(
            DoubleTensor.Dot(tangent, cotangent), DoubleTensor.Dot(ReferenceReluAvgPool.Backward(2, window, X, cotangent), XTangent));
    }
}
