using Xunit;

namespace DdmNative.Compute.Tests.Reference;

public sealed class ReferenceMatrixProductTests
{
    private const int Members = 2;
    private static readonly RandomValues Random = new(12);
    private static readonly DoubleTensor X = Random.Tensor(new TensorShape(Members, 4, 5));
    private static readonly DoubleTensor XTangent = Random.Tensor(X.Shape);
    private static readonly DoubleTensor Weight = Random.Tensor(new TensorShape(Members, 3, 5));
    private static readonly DoubleTensor WeightTangent = Random.Tensor(Weight.Shape);
    private static readonly DoubleTensor Bias = Random.Vector(Members, 3);
    private static readonly DoubleTensor BiasTangent = Random.Vector(Members, 3);
    private static readonly DoubleTensor Cotangent = Random.Tensor(new TensorShape(Members, 4, 3));
    private static readonly DoubleTensor CotangentTangent = Random.Tensor(Cotangent.Shape);

    [Fact]
    public void Forward_of_a_hand_computed_row_is_right()
    {
        var x = DoubleTensor.FromFloats(new TensorShape(1, 1, 2), [2, 3]);
        var weight = DoubleTensor.FromFloats(new TensorShape(1, 2, 2), [1, 10, 100, 1000]);
        var bias = DoubleTensor.FromFloats(TensorShape.Vector(1, 2), [0.5f, -0.5f]);
        Assert.Equal([32.5, 3199.5], ReferenceMatrixProduct.Forward(1, x, weight, bias).Values);
        Assert.Equal([32.0, 3200.0], ReferenceMatrixProduct.Forward(1, x, weight, null).Values);
    }

    [Fact]
    public void Tangent_of_forward_matches_finite_differences()
        => Derivatives.AssertTangent(
            step => ReferenceMatrixProduct.Forward(Members, Moved(X, step, XTangent), Moved(Weight, step, WeightTangent),
            Moved(Bias, step, BiasTangent)),
            ReferenceMatrixProduct.ForwardTangent(Members, X, XTangent, Weight, WeightTangent, BiasTangent));

    [Fact]
    public void Tangent_without_a_bias_matches_finite_differences()
        => Derivatives.AssertTangent(
            step => ReferenceMatrixProduct.Forward(Members, Moved(X, step, XTangent), Moved(Weight, step, WeightTangent), null),
            ReferenceMatrixProduct.ForwardTangent(Members, X, XTangent, Weight, WeightTangent, null));

    [Fact]
    public void Tangent_of_the_data_cotangent_matches_finite_differences()
        => Derivatives.AssertTangent(
            step => ReferenceMatrixProduct.BackwardData(Members, Moved(Cotangent, step, CotangentTangent),
            Moved(Weight, step, WeightTangent)),
            ReferenceMatrixProduct.BackwardDataTangent(Members, Cotangent, CotangentTangent, Weight, WeightTangent));

    [Fact]
    public void Tangents_of_the_parameter_cotangents_match_finite_differences()
    {
        (DoubleTensor weight, DoubleTensor bias) = ReferenceMatrixProduct.BackwardWeightTangent(Members, X, XTangent, Cotangent,
            CotangentTangent);
        Derivatives.AssertTangent(step => At(step).Weight, weight);
        Derivatives.AssertTangent(step => At(step).Bias, bias);

        static (DoubleTensor Weight, DoubleTensor Bias) At(double step)
            => ReferenceMatrixProduct.BackwardWeight(Members, Moved(X, step, XTangent), Moved(Cotangent, step, CotangentTangent));
    }

    [Fact]
    public void Cotangents_are_the_adjoint_of_the_tangent()
    {
        (DoubleTensor weight, DoubleTensor bias) = ReferenceMatrixProduct.BackwardWeight(Members, X, Cotangent);
        Derivatives.AssertEqual(
            DoubleTensor.Dot(ReferenceMatrixProduct.ForwardTangent(Members, X, XTangent, Weight, WeightTangent, BiasTangent), Cotangent),
            DoubleTensor.Dot(ReferenceMatrixProduct.BackwardData(Members, Cotangent, Weight), XTangent)
                + DoubleTensor.Dot(weight, WeightTangent) + DoubleTensor.Dot(bias, BiasTangent));
    }

    private static DoubleTensor Moved(DoubleTensor a, double step, DoubleTensor direction) => DoubleTensor.Moved(a, step, direction);
}
