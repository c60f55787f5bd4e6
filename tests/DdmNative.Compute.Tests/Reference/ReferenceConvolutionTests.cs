using DdmNative.Compute.Contracts;
using Xunit;

namespace DdmNative.Compute.Tests.Reference;

public sealed class ReferenceConvolutionTests
{
    private const int Members = 2;
    private static readonly ConvolutionShape Shape = new(3, 4, 5, 6, 3, 2);
    private static readonly TensorShape FilterShape = new(Members, 4, 3, 3, 3);
    private static readonly RandomValues Random = new(11);
    private static readonly DoubleTensor X = Random.Tensor(new TensorShape(Members, 2, 3, 5, 6));
    private static readonly DoubleTensor XTangent = Random.Tensor(X.Shape);
    private static readonly DoubleTensor Filter = Random.Tensor(FilterShape);
    private static readonly DoubleTensor FilterTangent = Random.Tensor(FilterShape);
    private static readonly DoubleTensor Bias = Random.Vector(Members, 4);
    private static readonly DoubleTensor BiasTangent = Random.Vector(Members, 4);
    private static readonly DoubleTensor Cotangent = Random.Tensor(new TensorShape(Members, 2, 4, Shape.OutputHeight, Shape.OutputWidth));
    private static readonly DoubleTensor CotangentTangent = Random.Tensor(Cotangent.Shape);

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
    public void Tangent_of_forward_matches_finite_differences()
        => Derivatives.AssertTangent(
            step => ReferenceConvolution.Forward(
                Members, Shape, Moved(X, step, XTangent), Moved(Filter, step, FilterTangent), Moved(Bias, step, BiasTangent)),
            ReferenceConvolution.ForwardTangent(Members, Shape, X, XTangent, Filter, FilterTangent, BiasTangent));

    [Fact]
    public void Tangent_with_a_still_input_matches_finite_differences()
        => Derivatives.AssertTangent(
            step => ReferenceConvolution.Forward(Members, Shape, X, Moved(Filter, step, FilterTangent), Moved(Bias, step, BiasTangent)),
            ReferenceConvolution.ForwardTangent(Members, Shape, X, null, Filter, FilterTangent, BiasTangent));

    [Fact]
    public void Tangent_of_the_data_cotangent_matches_finite_differences()
        => Derivatives.AssertTangent(
            step => ReferenceConvolution.BackwardData(Members, Shape, Moved(Cotangent, step, CotangentTangent),
            Moved(Filter, step, FilterTangent)),
            ReferenceConvolution.BackwardDataTangent(Members, Shape, Cotangent, CotangentTangent, Filter, FilterTangent));

    [Fact]
    public void Tangents_of_the_parameter_cotangents_match_finite_differences()
    {
        (DoubleTensor filter, DoubleTensor bias) = ReferenceConvolution.BackwardFilterTangent(Members, Shape, X, XTangent, Cotangent,
            CotangentTangent);
        Derivatives.AssertTangent(step => Moved(step).Filter, filter);
        Derivatives.AssertTangent(step => Moved(step).Bias, bias);

        static (DoubleTensor Filter, DoubleTensor Bias) Moved(double step) => ReferenceConvolution.BackwardFilter(
            Members, Shape, DoubleTensor.Moved(X, step, XTangent), DoubleTensor.Moved(Cotangent, step, CotangentTangent));
    }

    [Fact]
    public void Cotangents_are_the_adjoint_of_the_tangent()
    {
        (DoubleTensor filter, DoubleTensor bias) = ReferenceConvolution.BackwardFilter(Members, Shape, X, Cotangent);
        Derivatives.AssertEqual(
            DoubleTensor.Dot(ReferenceConvolution.ForwardTangent(Members, Shape, X, XTangent, Filter, FilterTangent, BiasTangent),
            Cotangent),
            DoubleTensor.Dot(ReferenceConvolution.BackwardData(Members, Shape, Cotangent, Filter), XTangent)
                + DoubleTensor.Dot(filter, FilterTangent) + DoubleTensor.Dot(bias, BiasTangent));
    }

    private static DoubleTensor Moved(DoubleTensor a, double step, DoubleTensor direction) => DoubleTensor.Moved(a, step, direction);
}
