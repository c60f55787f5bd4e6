using Xunit;

namespace DdmNative.Compute.Tests.Reference;

public sealed class ReferenceGroupNormTests
{
    private const int Members = 2;
    private static readonly RandomValues Random = new(33);
    private static readonly DoubleTensor X = Random.Tensor(new TensorShape(Members, 2, 6, 2, 3));
    private static readonly DoubleTensor XTangent = Random.Tensor(X.Shape);
    private static readonly DoubleTensor Scale = Random.Vector(Members, 6);
    private static readonly DoubleTensor ScaleTangent = Random.Vector(Members, 6);
    private static readonly DoubleTensor Shift = Random.Vector(Members, 6);
    private static readonly DoubleTensor ShiftTangent = Random.Vector(Members, 6);
    private static readonly DoubleTensor Cotangent = Random.Tensor(X.Shape);
    private static readonly DoubleTensor CotangentTangent = Random.Tensor(X.Shape);

    /// <summary>A group for each channel is the instance norm.</summary>
    [Fact]
    public void Groups_of_one_channel_are_the_instance_norm()
    {
        DualTensor expected = ReferenceInstanceNorm.Forward(Members, new(X, XTangent), new(Scale, ScaleTangent), new(Shift, ShiftTangent));
        DualTensor found = ReferenceGroupNorm.Forward(Members, 6, new(X, XTangent), new(Scale, ScaleTangent), new(Shift, ShiftTangent));
        Assert.Equal(expected.Value.Values, found.Value.Values);
        Assert.Equal(expected.Tangent!.Values, found.Tangent!.Values);
        Assert.Equal(ReferenceInstanceNorm.Statistics(Members, X).Values, ReferenceGroupNorm.Statistics(Members, 6, X).Values);
    }

    /// <summary>Without a scale and a shift, each group has the mean zero and the deviation one.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_group_is_normalised_as_a_whole(int groups)
    {
        DoubleTensor ones = new(Scale.Shape), zeros = new(Scale.Shape);
        Array.Fill(ones.Values, 1);
        double[] y = ReferenceGroupNorm.Forward(Members, groups, X, ones, zeros).Value.Values;
        foreach (double[] group in y.Chunk(36 / groups))
        {
            Assert.Equal(0, group.Average(), 1e-12);
            Assert.Equal(1, group.Average(value => value * value), 1e-4);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(6)]
    public void Derivatives_match_finite_differences(int groups)
    {
        Derivatives.AssertTangent(
            step => ReferenceGroupNorm.Forward(Members, groups, Moved(X, step, XTangent), Moved(Scale, step, ScaleTangent),
                Moved(Shift, step, ShiftTangent)).Value,
            ReferenceGroupNorm.Forward(Members, groups, new(X, XTangent), new(Scale, ScaleTangent), new(Shift, ShiftTangent)).Tangent!);

        (DualTensor x, DualTensor scale, DualTensor shift) = ReferenceGroupNorm.Backward(
            Members, groups, new(X, XTangent), new(Cotangent, CotangentTangent), new(Scale, ScaleTangent));
        Derivatives.AssertGradient(
            step => DoubleTensor.Dot(
                Cotangent,
                ReferenceGroupNorm.Forward(Members, groups, Moved(X, step, XTangent), Moved(Scale, step, ScaleTangent),
                    Moved(Shift, step, ShiftTangent)).Value),
            (x.Value, XTangent), (scale.Value, ScaleTangent), (shift.Value, ShiftTangent));
        Derivatives.AssertTangent(step => At(step).X.Value, x.Tangent!);
        Derivatives.AssertTangent(step => At(step).Scale.Value, scale.Tangent!);
        Derivatives.AssertTangent(step => At(step).Shift.Value, shift.Tangent!);

        (DualTensor X, DualTensor Scale, DualTensor Shift) At(double step) => ReferenceGroupNorm.Backward(
            Members, groups, Moved(X, step, XTangent), Moved(Cotangent, step, CotangentTangent), Moved(Scale, step, ScaleTangent));
    }

    private static DoubleTensor Moved(DoubleTensor a, double step, DoubleTensor direction) => DoubleTensor.Moved(a, step, direction);
}
