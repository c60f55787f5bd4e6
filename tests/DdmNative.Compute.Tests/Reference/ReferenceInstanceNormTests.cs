using Xunit;

namespace DdmNative.Compute.Tests.Reference;

public sealed class ReferenceInstanceNormTests
{
    private const int Members = 2;
    private static readonly RandomValues Random = new(13);
    private static readonly DoubleTensor X = Random.Tensor(new TensorShape(Members, 3, 2, 4, 3));
    private static readonly DoubleTensor XTangent = Random.Tensor(X.Shape);
    private static readonly DoubleTensor Scale = Random.Vector(Members, 2);
    private static readonly DoubleTensor ScaleTangent = Random.Vector(Members, 2);
    private static readonly DoubleTensor Shift = Random.Vector(Members, 2);
    private static readonly DoubleTensor ShiftTangent = Random.Vector(Members, 2);
    private static readonly DoubleTensor Cotangent = Random.Tensor(X.Shape);
    private static readonly DoubleTensor CotangentTangent = Random.Tensor(X.Shape);

    [Fact]
    public void Forward_has_the_mean_of_the_shift_and_the_deviation_of_the_scale()
    {
        DoubleTensor y = ReferenceInstanceNorm.Forward(Members, X, Scale, Shift).Value;
        double[] plane = y.Values[..12];
        double mean = plane.Average();
        Assert.Equal(Shift[0, 0, 0], mean, 1e-12);
        Assert.Equal(Math.Abs(Scale[0, 0, 0]), Math.Sqrt(plane.Average(value => (value - mean) * (value - mean))), 1e-4);
    }

    [Fact]
    public void Tangent_of_forward_matches_finite_differences()
        => Derivatives.AssertTangent(
            step => ReferenceInstanceNorm.Forward(Members, Moved(X, step, XTangent), Moved(Scale, step, ScaleTangent),
            Moved(Shift, step, ShiftTangent)).Value,
            ReferenceInstanceNorm.Forward(Members, new(X, XTangent), new(Scale, ScaleTangent), new(Shift, ShiftTangent)).Tangent!);

    [Fact]
    public void Cotangents_match_finite_differences()
    {
        (DualTensor x, DualTensor scale, DualTensor shift) = ReferenceInstanceNorm.Backward(Members, X, Cotangent, Scale);
        Derivatives.AssertGradient(
            step => DoubleTensor.Dot(
                Cotangent,
                ReferenceInstanceNorm.Forward(Members, Moved(X, step, XTangent), Moved(Scale, step, ScaleTangent),
                Moved(Shift, step, ShiftTangent)).Value),
            (x.Value, XTangent), (scale.Value, ScaleTangent), (shift.Value, ShiftTangent));
    }

    [Fact]
    public void Cotangents_are_the_adjoint_of_the_tangent()
    {
        (DualTensor x, DualTensor scale, DualTensor shift) = ReferenceInstanceNorm.Backward(Members, X, Cotangent, Scale);
        DoubleTensor tangent = ReferenceInstanceNorm.Forward(Members, new(X, XTangent), new(Scale, ScaleTangent),
            new(Shift, ShiftTangent)).Tangent!;
        Derivatives.AssertEqual(
            DoubleTensor.Dot(tangent, Cotangent),
            DoubleTensor.Dot(x.Value, XTangent) + DoubleTensor.Dot(scale.Value, ScaleTangent)
            + DoubleTensor.Dot(shift.Value, ShiftTangent));
    }

    [Fact]
    public void Tangents_of_the_cotangents_match_finite_differences()
    {
        (DualTensor x, DualTensor scale, DualTensor shift) =
            ReferenceInstanceNorm.Backward(Members, new(X, XTangent), new(Cotangent, CotangentTangent), new(Scale, ScaleTangent));
        Derivatives.AssertTangent(step => At(step).X.Value, x.Tangent!);
        Derivatives.AssertTangent(step => At(step).Scale.Value, scale.Tangent!);
        Derivatives.AssertTangent(step => At(step).Shift.Value, shift.Tangent!);

        static (DualTensor X, DualTensor Scale, DualTensor Shift) At(double step) => ReferenceInstanceNorm.Backward(
            Members, Moved(X, step, XTangent), Moved(Cotangent, step, CotangentTangent), Moved(Scale, step, ScaleTangent));
    }

    private static DoubleTensor Moved(DoubleTensor a, double step, DoubleTensor direction) => DoubleTensor.Moved(a, step, direction);
}
