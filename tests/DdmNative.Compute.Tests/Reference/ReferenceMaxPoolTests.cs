using DdmNative.Compute.Contracts;
using Xunit;

namespace DdmNative.Compute.Tests.Reference;

public sealed class ReferenceMaxPoolTests
{
    private static readonly RandomValues Random = new(16);
    private static readonly DoubleTensor X = Random.Tensor(new TensorShape(2, 2, 3, 5, 7));
    private static readonly DoubleTensor XTangent = Random.Tensor(X.Shape);

    /// <summary>Rows × columns of the window, stride, padding.</summary>
    public static TheoryData<int, int, int, int> Pools
        => new() { { 2, 2, 2, 0 }, { 3, 3, 2, 1 }, { 3, 3, 1, 1 }, { 1, 2, 3, 0 }, { 5, 7, 1, 0 }, { 4, 2, 2, 1 } };

    [Fact]
    public void Maxima_of_a_hand_computed_image_are_the_first_of_equal_values()
    {
        var x = DoubleTensor.FromFloats(new TensorShape(1, 1, 1, 3, 3), [2, 5, 5, 5, 1, 0, 3, -4, -7]);
        var shape = new PoolingShape(2, 1);
        Assert.Equal([5.0, 5, 5, 1], ReferenceMaxPool.Forward(1, shape, x).Values);
        var cotangent = DoubleTensor.FromFloats(new TensorShape(1, 1, 1, 2, 2), [1, 10, 100, 1000]);
        Assert.Equal([0.0, 11, 0, 100, 1000, 0, 0, 0, 0], ReferenceMaxPool.Backward(1, shape, x, cotangent).Values);
    }

    [Fact]
    public void Padding_is_below_every_value()
    {
        var x = DoubleTensor.FromFloats(new TensorShape(1, 1, 1, 2, 2), [-1, -2, -3, -4]);
        Assert.Equal([-1.0, -2, -3, -4], ReferenceMaxPool.Forward(1, new PoolingShape(2, 2, 1), x).Values);
    }

    [Theory]
    [MemberData(nameof(Pools))]
    public void Tangent_matches_finite_differences(int height, int width, int stride, int padding)
    {
        var shape = new PoolingShape(height, width, stride, padding);
        Derivatives.AssertTangent(
            step => ReferenceMaxPool.Forward(2, shape, DoubleTensor.Moved(X, step, XTangent)),
            ReferenceMaxPool.ForwardTangent(2, shape, X, XTangent));
    }

    [Theory]
    [MemberData(nameof(Pools))]
    public void Cotangent_is_the_adjoint_of_the_tangent(int height, int width, int stride, int padding)
    {
        var shape = new PoolingShape(height, width, stride, padding);
        DoubleTensor tangent = ReferenceMaxPool.ForwardTangent(2, shape, X, XTangent);
        DoubleTensor cotangent = new RandomValues(17).Tensor(tangent.Shape);
        Derivatives.AssertEqual(
            DoubleTensor.Dot(tangent, cotangent), DoubleTensor.Dot(ReferenceMaxPool.Backward(2, shape, X, cotangent), XTangent));
    }
}
