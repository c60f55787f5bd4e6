using DdmNative.Compute.Contracts;
using Xunit;

namespace DdmNative.Compute.Tests.Reference;

public sealed class ReferenceAvgPoolTests
{
    private static readonly RandomValues Random = new(18);
    private static readonly DoubleTensor X = Random.Tensor(new TensorShape(2, 2, 3, 5, 7));

    [Fact]
    public void Forward_of_a_hand_computed_image_is_the_mean_of_each_window()
    {
        var x = DoubleTensor.FromFloats(new TensorShape(1, 1, 1, 2, 3), [1, -2, 9, 3, 4, 7]);
        Assert.Equal([1.5, 4.5], ReferenceAvgPool.Forward(1, new PoolingShape(2, 1), x).Values);
        Assert.Equal([22.0 / 6], ReferenceAvgPool.Forward(1, PoolingShape.Global(2, 3), x).Values, (a, b) => Math.Abs(a - b) < 1e-14);
    }

    [Theory]
    [InlineData(2, 2, 2)]
    [InlineData(3, 3, 1)]
    [InlineData(1, 2, 3)]
    [InlineData(5, 7, 1)]
    public void Cotangent_is_the_adjoint_of_the_pool(int height, int width, int stride)
    {
        var shape = new PoolingShape(height, width, stride, 0);
        DoubleTensor y = ReferenceAvgPool.Forward(2, shape, X);
        DoubleTensor cotangent = new RandomValues(19).Tensor(y.Shape);
        Derivatives.AssertEqual(
            DoubleTensor.Dot(y, cotangent), DoubleTensor.Dot(ReferenceAvgPool.Backward(shape, cotangent, X.Shape), X));
    }
}
