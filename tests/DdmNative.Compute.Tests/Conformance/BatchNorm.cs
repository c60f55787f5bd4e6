using DdmNative.Compute.Contracts;
using DdmNative.Compute.Tests.Reference;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Batch_norm_forward_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand scale, Operand shift) = (bench.Input(testCase.Shape), ChannelVector(bench, testCase),
            ChannelVector(bench, testCase));
        Operand? presence = Presence(bench, testCase);
        (Operand y, Operand statistics) = (bench.Output(testCase.Shape), bench.Output(BatchNorm.StatisticsShape(testCase.Shape)));
        bench.Run(() => bench.Device.BatchNorm.Forward(
            x.Tensor, presence?.Tensor, scale.Slice, shift.Slice, y.Tensor, statistics.Tensor));
        bench.Expect(y, ReferenceBatchNorm.Forward(bench.Members, x.Values, presence?.Values, scale.Values, shift.Values).Value,
            BatchTolerance(testCase));
        bench.Expect(statistics, ReferenceBatchNorm.Statistics(bench.Members, x.Values, presence?.Values), Tolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Batch_norm_forward_tangent_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand xTangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        Operand? presence = Presence(bench, testCase);
        Operand statistics = BatchStatistics(bench, testCase, x, presence);
        (Operand scale, Operand scaleTangent, Operand shiftTangent) =
            (ChannelVector(bench, testCase), ChannelVector(bench, testCase), ChannelVector(bench, testCase));
        Operand y = bench.Output(testCase.Shape);
        bench.Run(() => bench.Device.BatchNorm.ForwardTangent(
            x.Tensor, xTangent.Tensor, presence?.Tensor, statistics.Tensor, scale.Slice, scaleTangent.Slice, shiftTangent.Slice, y.Tensor));
        DualTensor expected = ReferenceBatchNorm.Forward(
            bench.Members, new(x.Values, xTangent.Values), presence?.Values, new(scale.Values, scaleTangent.Values),
            new(scale.Values, shiftTangent.Values));
        bench.Expect(y, expected.Tangent!, BatchTolerance(testCase));
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Batch_norm_cotangents_match_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand cotangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        Operand? presence = Presence(bench, testCase);
        (Operand statistics, Operand scale) = (BatchStatistics(bench, testCase, x, presence), ChannelVector(bench, testCase));
        Operand xCotangent = bench.Output(testCase.Shape);
        (Operand scaleCotangent, Operand shiftCotangent) = (ChannelResult(bench, testCase), ChannelResult(bench, testCase));
        bench.Run(() => bench.Device.BatchNorm.Backward(
            x.Tensor, presence?.Tensor, statistics.Tensor, cotangent.Tensor, scale.Slice, xCotangent.Tensor, scaleCotangent.Slice,
            shiftCotangent.Slice));
        (DualTensor expected, DualTensor expectedScale, DualTensor expectedShift) =
            ReferenceBatchNorm.Backward(bench.Members, x.Values, presence?.Values, cotangent.Values, scale.Values);
        bench.Expect(xCotangent, expected.Value, BatchTolerance(testCase), BatchFloor(testCase));
        bench.Expect(scaleCotangent, expectedScale.Value, Tolerance, SumFloor(testCase));
        bench.Expect(shiftCotangent, expectedShift.Value, Tolerance, SumFloor(testCase));
        ExpectZeros(xCotangent, presence);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Tangents_of_batch_norm_cotangents_match_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand xTangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        (Operand cotangent, Operand cotangentTangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        Operand? presence = Presence(bench, testCase);
        Operand statistics = BatchStatistics(bench, testCase, x, presence);
        (Operand scale, Operand scaleTangent) = (ChannelVector(bench, testCase), ChannelVector(bench, testCase));
        Operand result = bench.Output(testCase.Shape);
        bool wantsParameters = testCase.Seed % 3 != 0;
        Operand? scaleResult = wantsParameters ? ChannelResult(bench, testCase) : null;
        Operand? shiftResult = wantsParameters ? ChannelResult(bench, testCase) : null;
        bench.Run(() => bench.Device.BatchNorm.BackwardTangent(
            x.Tensor, xTangent.Tensor, presence?.Tensor, statistics.Tensor, cotangent.Tensor, cotangentTangent.Tensor, scale.Slice,
            scaleTangent.Slice, result.Tensor, scaleResult?.Slice, shiftResult?.Slice));
        (DualTensor expected, DualTensor expectedScale, DualTensor expectedShift) = ReferenceBatchNorm.Backward(
            bench.Members, new(x.Values, xTangent.Values), presence?.Values, new(cotangent.Values, cotangentTangent.Values),
            new(scale.Values, scaleTangent.Values));
        bench.Expect(result, expected.Tangent!, BatchTolerance(testCase), BatchFloor(testCase));
        ExpectZeros(result, presence);
        if (scaleResult is not null && shiftResult is not null)
        {
            bench.Expect(scaleResult, expectedScale.Tangent!, BatchTolerance(testCase), SumFloor(testCase));
            bench.Expect(shiftResult, expectedShift.Tangent!, Tolerance, SumFloor(testCase));
        }
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Running_statistics_of_a_batch_norm_match_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        Operand x = bench.Input(testCase.Shape);
        Operand statistics = BatchStatistics(bench, testCase, x, Presence(bench, testCase));
        TensorShape channels = TensorShape.Vector(1, testCase.Channels);
        (Operand mean, Operand variance) = (bench.UpdatedSlice(channels, "mean"), bench.UpdatedSlice(channels, "variance"));
        bench.Run(() => bench.Device.BatchNorm.UpdateRunning(statistics.Tensor, 0.1f, mean.Slice, variance.Slice));
        (DoubleTensor expectedMean, DoubleTensor expectedVariance) =
            ReferenceBatchNorm.UpdateRunning(statistics.Values, 0.1f, mean.Values, variance.Values);
        bench.Expect(mean, expectedMean, Tolerance);
        bench.Expect(variance, expectedVariance, Tolerance);
    }

    /// <summary>
    /// A training step passes tensors of a plan from one operation to the next: statistics, activations and cotangents that exist only in
    /// it. The bits are those of tensors that stay.
    /// </summary>
    [ConformanceTheory(UsesProducts = false)]
    [InlineData(1, 37)]
    [InlineData(4, 16)]
    [InlineData(5, 3)]
    public void Batch_norms_in_a_plan_pass_their_tensors_on(int members, int samples)
    {
        var testCase = new ImageCase(samples, 19, 5, 4, members, 0, 5);
        TensorShape shape = testCase.Shape, statisticsShape = BatchNorm.StatisticsShape(shape);
        using Workbench bench = Open(testCase);
        (Operand x, Operand cotangent, Operand presence) =
            (bench.Input(shape), bench.Input(shape), bench.Input(PresenceOf(bench, testCase, "some")));
        (Operand scale, Operand shift) = (ChannelVector(bench, testCase), ChannelVector(bench, testCase));
        (Operand y, Operand xCotangent) = (bench.Output(shape), bench.Output(shape));
        TensorShape vector = TensorShape.Vector(1, 4 * 19);
        (Operand gradient, Operand keptGradient) = (bench.Output(vector), bench.Output(vector));
        (Operand keptY, Operand keptXCotangent) = (bench.Output(shape), bench.Output(shape));
        (Tensor inner, Tensor innerCotangent) = (bench.Transient(shape), bench.Transient(shape));
        (Tensor first, Tensor second) = (bench.Transient(statisticsShape), bench.Transient(statisticsShape));
        (Operand keptInner, Operand keptInnerCotangent) = (bench.Output(shape), bench.Output(shape));
        (Operand keptFirst, Operand keptSecond) = (bench.Output(statisticsShape), bench.Output(statisticsShape));
        bench.RunAsPlan(() =>
        {
            Step(inner, innerCotangent, first, second, y.Tensor, xCotangent.Tensor, gradient.Tensor);
            Step(keptInner.Tensor, keptInnerCotangent.Tensor, keptFirst.Tensor, keptSecond.Tensor, keptY.Tensor, keptXCotangent.Tensor,
                keptGradient.Tensor);
        });
        ExpectSame(keptY, y);
        ExpectSame(keptXCotangent, xCotangent);
        ExpectSame(keptGradient, gradient);

        void Step(Tensor between, Tensor betweenCotangent, Tensor one, Tensor two, Tensor output, Tensor result, Tensor sums)
        {
            BatchNorm norm = bench.Device.BatchNorm;
            norm.Forward(x.Tensor, presence.Tensor, scale.Slice, shift.Slice, between, one);
            norm.Forward(between, presence.Tensor, scale.Slice, shift.Slice, output, two);
            norm.Backward(between, presence.Tensor, two, cotangent.Tensor, scale.Slice, betweenCotangent, new Slice(sums, 0, 19),
                new Slice(sums, 19, 19));
            norm.Backward(x.Tensor, presence.Tensor, one, betweenCotangent, scale.Slice, result, new Slice(sums, 38, 19),
                new Slice(sums, 57, 19));
        }
    }

    /// <summary>A mean far from zero: a variance computed as E[x²] − μ² in float32 would lose every digit.</summary>
    [ConformanceTheory(UsesProducts = false)]
    [InlineData(3, 9, 6)]
    [InlineData(40, 7, 7)]
    [InlineData(33, 1, 1)]
    public void Batch_norm_of_images_far_from_zero_keeps_its_digits(int samples, int height, int width)
    {
        var testCase = new ImageCase(samples, 3, height, width, 2, 0, 8);
        using Workbench bench = Open(testCase);
        DoubleTensor far = bench.Random.Tensor(testCase.Shape);
        for (int i = 0; i < far.Values.Length; i++)
            far.Values[i] = (float)(far.Values[i] + 1000);
        (Operand x, Operand scale, Operand shift) = (bench.Input(far), ChannelVector(bench, testCase), ChannelVector(bench, testCase));
        (Operand y, Operand statistics) = (bench.Output(testCase.Shape), bench.Output(BatchNorm.StatisticsShape(testCase.Shape)));
        bench.Run(() => bench.Device.BatchNorm.Forward(x.Tensor, null, scale.Slice, shift.Slice, y.Tensor, statistics.Tensor));
        bench.Expect(y, ReferenceBatchNorm.Forward(bench.Members, x.Values, null, scale.Values, shift.Values).Value, 1e-4);
        Operand deviations = statistics with { Tensor = Deviations(bench, statistics) };
        bench.Expect(deviations, WithoutMeans(ReferenceBatchNorm.Statistics(bench.Members, x.Values, null)), 2e-6);
    }

    /// <summary>
    /// The mean of these images is exact in float32, so that the variance is exactly zero and the result is known: y = β, x̂ = 0.
    /// </summary>
    [ConformanceTheory(UsesProducts = false)]
    [InlineData(0f)]
    [InlineData(0.5f)]
    [InlineData(-3f)]
    public void Batch_norm_of_constant_images_is_finite_and_right(float pixel)
    {
        var testCase = new ImageCase(8, 5, 4, 4, 3, 0, 7);
        using Workbench bench = Open(testCase);
        var constant = new DoubleTensor(testCase.Shape);
        Array.Fill(constant.Values, pixel);
        (Operand x, Operand scale, Operand shift) = (bench.Input(constant), ChannelVector(bench, testCase), ChannelVector(bench, testCase));
        (Operand y, Operand statistics) = (bench.Output(testCase.Shape), bench.Output(BatchNorm.StatisticsShape(testCase.Shape)));
        bench.Run(() => bench.Device.BatchNorm.Forward(x.Tensor, null, scale.Slice, shift.Slice, y.Tensor, statistics.Tensor));
        bench.Expect(y, ReferenceBatchNorm.Forward(bench.Members, x.Values, null, scale.Values, shift.Values).Value, Tolerance);
        bench.Expect(statistics, ReferenceBatchNorm.Statistics(bench.Members, x.Values, null), Tolerance);
    }

    /// <summary>
    /// Which samples are present, by the case's seed: all, without saying so or with weights; about two thirds; a single one; none.
    /// </summary>
    private static Operand? Presence(Workbench bench, ImageCase c)
        => (c.Seed % 5) switch
        {
            0 => null,
            1 => bench.Input(PresenceOf(bench, c, "all"), "presence"),
            2 => bench.Input(PresenceOf(bench, c, "one"), "presence"),
            3 when c.Seed % 2 == 0 => bench.Input(PresenceOf(bench, c, "none"), "presence"),
            _ => bench.Input(PresenceOf(bench, c, "some"), "presence"),
        };

    /// <summary>Weights of the samples, per member or shared; zero for those that are absent.</summary>
    private static DoubleTensor PresenceOf(Workbench bench, ImageCase c, string which)
    {
        DoubleTensor presence = bench.Random.Tensor(new TensorShape(c.Seed % 4 == 0 ? 1 : bench.Members, c.Samples, 1));
        for (int i = 0; i < presence.Values.Length; i++)
        {
            (int member, int sample) = (i / c.Samples, i % c.Samples);
            bool isPresent = which switch
            {
                "all" => true,
                "one" => sample == member % c.Samples,
                "none" => false,
                _ => sample == member % c.Samples || bench.Random.Below(3) != 0,
            };
            presence.Values[i] = isPresent ? presence.Values[i] : 0;
        }
        return presence;
    }

    /// <summary>The statistics as Forward assigns them, for every member even if the images are shared.</summary>
    private static Operand BatchStatistics(Workbench bench, ImageCase testCase, Operand x, Operand? presence)
    {
        bool isShared = x.Values.Shape.Members == 1 && (presence is null || presence.Values.Shape.Members == 1) && testCase.Seed % 2 == 0;
        return bench.Input(ReferenceBatchNorm.Statistics(isShared ? 1 : bench.Members, x.Values, presence?.Values), "statistics");
    }

    /// <summary>The cotangents of absent samples are exactly zero.</summary>
    private static void ExpectZeros(Operand cotangents, Operand? presence)
    {
        if (presence is null)
            return;
        TensorShape shape = cotangents.Values.Shape;
        float[] values = cotangents.Tensor.ToArray();
        for (int i = 0; i < values.Length; i++)
        {
            (int member, int sample) = (i / (int)shape.MemberLength, i % (int)shape.MemberLength / shape.SampleLength);
            if (presence.Values[member, sample, 0] == 0)
                Assert.Equal(0f, values[i]);
        }
    }

    private static Tensor Deviations(Workbench bench, Operand statistics)
    {
        DoubleTensor found = DoubleTensor.FromFloats(statistics.Values.Shape, statistics.Tensor.ToArray());
        Operand copy = bench.Input(WithoutMeans(found), "deviations");
        return copy.Tensor;
    }

    private static DoubleTensor WithoutMeans(DoubleTensor statistics)
    {
        int channels = statistics.Shape.Channels / 3;
        for (int i = 0; i < statistics.Values.Length; i++)
            if (i % (3 * channels) < channels)
                statistics.Values[i] = 0;
        return statistics;
    }

    /// <summary>A batch of few values is like a plane of few pixels (<see cref="NormTolerance"/>).</summary>
    private static double BatchTolerance(ImageCase c) => IsSmallBatch(c) ? 1e-3 : Tolerance;

    /// <summary>With two values, the cotangents are nearly zero: differences of numbers of the order of one.</summary>
    private static double BatchFloor(ImageCase c) => IsSmallBatch(c) ? 0.02 : 0;

    private static bool IsSmallBatch(ImageCase c) => c.Height * c.Width * (c.Seed % 5 == 2 ? 1 : c.Samples) < 25;
}
