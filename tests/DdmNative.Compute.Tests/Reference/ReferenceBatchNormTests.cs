using Xunit;

namespace DdmNative.Compute.Tests.Reference;

public sealed class ReferenceBatchNormTests
{
    private const int Members = 2;
    private static readonly RandomValues Random = new(23);
    private static readonly DoubleTensor X = Random.Tensor(new TensorShape(Members, 5, 2, 2, 3));
    private static readonly DoubleTensor XTangent = Random.Tensor(X.Shape);
    private static readonly DoubleTensor Scale = Random.Vector(Members, 2);
    private static readonly DoubleTensor ScaleTangent = Random.Vector(Members, 2);
    private static readonly DoubleTensor Shift = Random.Vector(Members, 2);
    private static readonly DoubleTensor ShiftTangent = Random.Vector(Members, 2);
    private static readonly DoubleTensor Cotangent = Random.Tensor(X.Shape);
    private static readonly DoubleTensor CotangentTangent = Random.Tensor(X.Shape);

    /// <summary>Samples 1 and 3 of the first member are absent, and sample 0 of the second.</summary>
    private static readonly DoubleTensor Presence =
        DoubleTensor.FromFloats(new TensorShape(Members, 5, 1), [0.5f, 0, -2, 0, 1, 0, 1, 1, 3, 0.1f]);

    [Fact]
    public void Forward_has_the_mean_of_the_shift_and_the_deviation_of_the_scale()
    {
        DoubleTensor y = ReferenceBatchNorm.Forward(Members, X, null, Scale, Shift).Value;
        double[] channel = [.. Enumerable.Range(0, 5).SelectMany(n => y.Values[(12 * n)..(12 * n + 6)])];
        double mean = channel.Average();
        Assert.Equal(Shift[0, 0, 0], mean, 1e-12);
        Assert.Equal(Math.Abs(Scale[0, 0, 0]), Math.Sqrt(channel.Average(value => (value - mean) * (value - mean))), 1e-4);
    }

    /// <summary>The samples that are present get what a batch without the others gives them.</summary>
    [Fact]
    public void An_absent_sample_is_as_good_as_none()
    {
        (DualTensor x, DualTensor scale, DualTensor shift) = ReferenceBatchNorm.Backward(Members, X, Presence, Cotangent, Scale);
        DoubleTensor y = ReferenceBatchNorm.Forward(Members, X, Presence, Scale, Shift).Value;
        (DoubleTensor few, DoubleTensor fewCotangents) = (Present(X), Present(Cotangent));
        (DualTensor fewX, DualTensor fewScale, DualTensor fewShift) =
            ReferenceBatchNorm.Backward(1, few, null, fewCotangents, Scale);
        Assert.Equal(ReferenceBatchNorm.Forward(1, few, null, Scale, Shift).Value.Values, Present(y).Values);
        Assert.Equal(fewX.Value.Values, Present(x.Value).Values);
        Assert.Equal(fewScale.Value.Values, scale.Value.Values[..2]);
        Assert.Equal(fewShift.Value.Values, shift.Value.Values[..2]);
        Assert.All(x.Value.Values[12..24], value => Assert.Equal(0, value));

        // The first member's samples 0, 2 and 4.
        static DoubleTensor Present(DoubleTensor all)
        {
            var few = new DoubleTensor(new TensorShape(1, 3, 2, 2, 3));
            for (int n = 0; n < 3; n++)
                all.Values.AsSpan(24 * n, 12).CopyTo(few.Values.AsSpan(12 * n));
            return few;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tangent_of_forward_matches_finite_differences(bool someAreAbsent)
        => Derivatives.AssertTangent(
            step => ReferenceBatchNorm.Forward(Members, Moved(X, step, XTangent), OrNull(someAreAbsent), Moved(Scale, step, ScaleTangent),
                Moved(Shift, step, ShiftTangent)).Value,
            ReferenceBatchNorm.Forward(Members, new(X, XTangent), OrNull(someAreAbsent), new(Scale, ScaleTangent),
                new(Shift, ShiftTangent)).Tangent!);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Cotangents_match_finite_differences(bool someAreAbsent)
    {
        DoubleTensor? presence = OrNull(someAreAbsent);
        DoubleTensor given = Masked(Cotangent, presence);
        (DualTensor x, DualTensor scale, DualTensor shift) = ReferenceBatchNorm.Backward(Members, X, presence, Cotangent, Scale);
        Derivatives.AssertGradient(
            step => DoubleTensor.Dot(
                given,
                ReferenceBatchNorm.Forward(Members, Moved(X, step, XTangent), presence, Moved(Scale, step, ScaleTangent),
                    Moved(Shift, step, ShiftTangent)).Value),
            (x.Value, XTangent), (scale.Value, ScaleTangent), (shift.Value, ShiftTangent));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tangents_of_the_cotangents_match_finite_differences(bool someAreAbsent)
    {
        DoubleTensor? presence = OrNull(someAreAbsent);
        (DualTensor x, DualTensor scale, DualTensor shift) = ReferenceBatchNorm.Backward(
            Members, new(X, XTangent), presence, new(Cotangent, CotangentTangent), new(Scale, ScaleTangent));
        Derivatives.AssertTangent(step => At(step).X.Value, x.Tangent!);
        Derivatives.AssertTangent(step => At(step).Scale.Value, scale.Tangent!);
        Derivatives.AssertTangent(step => At(step).Shift.Value, shift.Tangent!);

        (DualTensor X, DualTensor Scale, DualTensor Shift) At(double step) => ReferenceBatchNorm.Backward(
            Members, Moved(X, step, XTangent), presence, Moved(Cotangent, step, CotangentTangent), Moved(Scale, step, ScaleTangent));
    }

    /// <summary>
    /// The numbers are those of PyTorch in float64 (tests/golden/batch_norm.py); sample 1 is left out in the second case.
    /// </summary>
    [Theory]
    [InlineData(
        false, -0.4485942622735448, -1.1131315199294627, 1.0255474040985286, 1.6879028920055448, -1.3305028075124583, 2.232132149494846,
        0.9978137065960162, 0.17293657498523807, 0.07111916630913717, 0.07209868685550425, 0.43335772646490617, 1.4602943961759542)]
    [InlineData(
        true, -0.5278506175205593, -1.3130147106816445, 0.7015758014289926, 2.823842672784345, -1.4907976723486798, 3.7561633855155163,
        -2.617511523317524, 3.497040472570909, 0.05355473854677739, 0.05426852230512169, 0.4336450060532677, 1.460517011451441)]
    public void Values_are_those_of_PyTorch(
        bool oneIsAbsent, double y, double yTangent, double xCotangent, double xCotangentTangent, double firstScale, double secondScale,
        double firstScaleTangent, double secondScaleTangent, double firstShiftTangent, double secondShiftTangent, double firstMean,
        double secondVariance)
    {
        var images = new TensorShape(1, 4, 2, 3, 2);
        TensorShape channels = TensorShape.Vector(1, 2);
        DoubleTensor? presence = oneIsAbsent ? DoubleTensor.FromFloats(new TensorShape(1, 4, 1), [1, 0, 1, 1]) : null;
        (DoubleTensor x, DoubleTensor probe) = (Sines(images, 1), Masked(Sines(images, 2.5), presence));
        DualTensor dualX = new(x, Sines(images, 1.3)), scale = new(Sines(channels, 0.9), Sines(channels, 0.6)),
            shift = new(Sines(channels, 0.7), Sines(channels, 0.4)), cotangent = new(Sines(images, 1.7), Sines(images, 2.1));

        DualTensor forward = ReferenceBatchNorm.Forward(1, dualX, presence, scale, shift);
        AssertEqual(y, DoubleTensor.Dot(probe, forward.Value));
        AssertEqual(yTangent, DoubleTensor.Dot(probe, forward.Tangent!));

        (DualTensor ofX, DualTensor ofScale, DualTensor ofShift) = ReferenceBatchNorm.Backward(1, dualX, presence, cotangent, scale);
        AssertEqual(xCotangent, DoubleTensor.Dot(probe, ofX.Value));
        AssertEqual(xCotangentTangent, DoubleTensor.Dot(probe, ofX.Tangent!));
        AssertEqual(firstScale, ofScale.Value[0, 0, 0]);
        AssertEqual(secondScale, ofScale.Value[0, 0, 1]);
        AssertEqual(firstScaleTangent, ofScale.Tangent![0, 0, 0]);
        AssertEqual(secondScaleTangent, ofScale.Tangent![0, 0, 1]);
        AssertEqual(firstShiftTangent, ofShift.Tangent![0, 0, 0]);
        AssertEqual(secondShiftTangent, ofShift.Tangent![0, 0, 1]);

        DoubleTensor variance = Sines(channels, 0.3);
        for (int c = 0; c < 2; c++)
            variance.Values[c]++;
        (DoubleTensor newMean, DoubleTensor newVariance) = ReferenceBatchNorm.UpdateRunning(
            ReferenceBatchNorm.Statistics(1, x, presence), 0.1, Sines(channels, 0.5), variance);
        AssertEqual(firstMean, newMean[0, 0, 0]);
        AssertEqual(secondVariance, newVariance[0, 0, 1]);

        static void AssertEqual(double expected, double found) => Assert.Equal(expected, found, 1e-11);

        static DoubleTensor Sines(TensorShape shape, double frequency)
        {
            var values = new DoubleTensor(shape);
            for (int i = 0; i < values.Values.Length; i++)
                values.Values[i] = Math.Sin(frequency * (i + 1));
            return values;
        }
    }

    private static DoubleTensor? OrNull(bool someAreAbsent) => someAreAbsent ? Presence : null;

    /// <summary>Zeros in place of the cotangents of absent samples, which must not count.</summary>
    private static DoubleTensor Masked(DoubleTensor cotangent, DoubleTensor? presence)
    {
        var masked = new DoubleTensor(cotangent.Shape);
        int length = cotangent.Shape.SampleLength;
        for (int i = 0; i < masked.Values.Length; i++)
            masked.Values[i] = presence is null || presence.Values[i / length] != 0 ? cotangent.Values[i] : 0;
        return masked;
    }

    private static DoubleTensor Moved(DoubleTensor a, double step, DoubleTensor direction) => DoubleTensor.Moved(a, step, direction);
}
