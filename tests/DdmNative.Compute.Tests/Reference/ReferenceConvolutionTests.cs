using DdmNative.Compute.Contracts;
using Xunit;

namespace DdmNative.Compute.Tests.Reference;

public sealed class ReferenceConvolutionTests
{
    private const int Members = 2;
    private static readonly ConvolutionShape Shape = Strided(1);
    private static readonly TensorShape FilterShape = new(Members, 4, 3, 3, 3);
    private static readonly RandomValues Random = new(11);
    private static readonly DoubleTensor X = Random.Tensor(new TensorShape(Members, 2, 3, 5, 6));
    private static readonly DoubleTensor XTangent = Random.Tensor(X.Shape);
    private static readonly DoubleTensor Filter = Random.Tensor(FilterShape);
    private static readonly DoubleTensor FilterTangent = Random.Tensor(FilterShape);
    private static readonly DoubleTensor Bias = Random.Vector(Members, 4);
    private static readonly DoubleTensor BiasTangent = Random.Vector(Members, 4);

    [Fact]
    public void Forward_of_a_hand_computed_image_is_the_cross_correlation()
    {
        var x = DoubleTensor.FromFloats(new TensorShape(1, 1, 1, 2, 3), [1, 2, 3, 4, 5, 6]);
        var filter = DoubleTensor.FromFloats(new TensorShape(1, 1, 1, 2, 2), [1, 10, 100, 1000]);
        var bias = DoubleTensor.FromFloats(TensorShape.Vector(1, 1), [0.5f]);
        DoubleTensor y = ReferenceConvolution.Forward(1, new ConvolutionShape(1, 1, 2, 3, 2, 0), x, filter, bias);
        Assert.Equal([5421.5, 6532.5], y.Values);
        DoubleTensor padded = ReferenceConvolution.Forward(1, new ConvolutionShape(1, 1, 2, 3, 2, 1), x, filter, bias);
        Assert.Equal([1000.5, 2100.5, 3200.5, 300.5], padded.Values[..4]);
    }

    [Fact]
    public void A_stride_keeps_every_so_many_outputs()
    {
        DoubleTensor dense = ReferenceConvolution.Forward(Members, Shape, X, Filter, Bias);
        DoubleTensor strided = ReferenceConvolution.Forward(Members, new ConvolutionShape(3, 4, 5, 6, 3, 2, stride: 3), X, Filter, Bias);
        Assert.Equal((3, 3), (strided.Shape.Height, strided.Shape.Width));
        for (int row = 0; row < 3; row++)
            for (int column = 0; column < 3; column++)
                Assert.Equal(dense[1, 1, 3, 3 * row, 3 * column], strided[1, 1, 3, row, column]);
    }

    /// <summary>The last row and column are in no window: nothing depends on them.</summary>
    [Fact]
    public void Pixels_in_no_window_have_no_cotangent()
    {
        var shape = new ConvolutionShape(3, 4, 6, 8, 3, 0, stride: 2);
        DoubleTensor cotangent = Random.Tensor(new TensorShape(Members, 2, 4, 2, 3));
        DoubleTensor x = ReferenceConvolution.BackwardData(Members, shape, cotangent, Filter);
        for (int column = 0; column < 8; column++)
            Assert.Equal(0, x[1, 1, 2, 5, column]);
        for (int row = 0; row < 6; row++)
            Assert.Equal(0, x[1, 1, 2, row, 7]);
        Assert.NotEqual(0, x[1, 1, 2, 4, 6]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Tangent_of_forward_matches_finite_differences(int stride)
    {
        ConvolutionShape shape = Strided(stride);
        Derivatives.AssertTangent(
            step => ReferenceConvolution.Forward(
                Members, shape, Moved(X, step, XTangent), Moved(Filter, step, FilterTangent), Moved(Bias, step, BiasTangent)),
            ReferenceConvolution.ForwardTangent(Members, shape, X, XTangent, Filter, FilterTangent, BiasTangent));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Tangent_with_a_still_input_and_no_bias_matches_finite_differences(int stride)
    {
        ConvolutionShape shape = Strided(stride);
        Derivatives.AssertTangent(
            step => ReferenceConvolution.Forward(Members, shape, X, Moved(Filter, step, FilterTangent), null),
            ReferenceConvolution.ForwardTangent(Members, shape, X, null, Filter, FilterTangent, null));
    }

    [Fact]
    public void Tangent_with_a_still_input_matches_finite_differences()
        => Derivatives.AssertTangent(
            step => ReferenceConvolution.Forward(Members, Shape, X, Moved(Filter, step, FilterTangent), Moved(Bias, step, BiasTangent)),
            ReferenceConvolution.ForwardTangent(Members, Shape, X, null, Filter, FilterTangent, BiasTangent));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Tangent_of_the_data_cotangent_matches_finite_differences(int stride)
    {
        ConvolutionShape shape = Strided(stride);
        (DoubleTensor cotangent, DoubleTensor tangent) = (Maps(shape), Maps(shape));
        Derivatives.AssertTangent(
            step => ReferenceConvolution.BackwardData(Members, shape, Moved(cotangent, step, tangent), Moved(Filter, step, FilterTangent)),
            ReferenceConvolution.BackwardDataTangent(Members, shape, cotangent, tangent, Filter, FilterTangent));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Tangents_of_the_parameter_cotangents_match_finite_differences(int stride)
    {
        ConvolutionShape shape = Strided(stride);
        (DoubleTensor cotangent, DoubleTensor tangent) = (Maps(shape), Maps(shape));
        (DoubleTensor filter, DoubleTensor bias) = ReferenceConvolution.BackwardFilterTangent(Members, shape, X, XTangent, cotangent,
            tangent);
        Derivatives.AssertTangent(step => At(step).Filter, filter);
        Derivatives.AssertTangent(step => At(step).Bias, bias);

        (DoubleTensor Filter, DoubleTensor Bias) At(double step) => ReferenceConvolution.BackwardFilter(
            Members, shape, Moved(X, step, XTangent), Moved(cotangent, step, tangent));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Cotangents_are_the_adjoint_of_the_tangent(int stride)
    {
        ConvolutionShape shape = Strided(stride);
        DoubleTensor cotangent = Maps(shape);
        (DoubleTensor filter, DoubleTensor bias) = ReferenceConvolution.BackwardFilter(Members, shape, X, cotangent);
        Derivatives.AssertEqual(
            DoubleTensor.Dot(ReferenceConvolution.ForwardTangent(Members, shape, X, XTangent, Filter, FilterTangent, BiasTangent),
            cotangent),
            DoubleTensor.Dot(ReferenceConvolution.BackwardData(Members, shape, cotangent, Filter), XTangent)
                + DoubleTensor.Dot(filter, FilterTangent) + DoubleTensor.Dot(bias, BiasTangent));
    }

    private static ConvolutionShape Strided(int stride) => new(3, 4, 5, 6, 3, 2, stride);

    private static DoubleTensor Maps(ConvolutionShape shape)
        => Random.Tensor(new TensorShape(Members, 2, 4, shape.OutputHeight, shape.OutputWidth));

    private static DoubleTensor Moved(DoubleTensor a, double step, DoubleTensor direction) => DoubleTensor.Moved(a, step, direction);
}
