using DdmNative.Compute.Contracts;
using DdmNative.Compute.Tests.Reference;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Group_norm_forward_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        int groups = Groups(testCase);
        (Operand x, Operand scale, Operand shift) = (bench.Input(testCase.Shape), ChannelVector(bench, testCase),
            ChannelVector(bench, testCase));
        (Operand y, Operand statistics) = (bench.Output(testCase.Shape), bench.Output(GroupNorm.StatisticsShape(groups, testCase.Shape)));
        bench.Run(() => bench.Device.GroupNorm.Forward(groups, x.Tensor, scale.Slice, shift.Slice, y.Tensor, statistics.Tensor));
        bench.Expect(y, ReferenceGroupNorm.Forward(bench.Members, groups, x.Values, scale.Values, shift.Values).Value,
            GroupTolerance(testCase));
        bench.Expect(statistics, ReferenceGroupNorm.Statistics(bench.Members, groups, x.Values), Tolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Group_norm_forward_tangent_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        int groups = Groups(testCase);
        (Operand x, Operand xTangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        Operand statistics = GroupStatistics(bench, testCase, x);
        (Operand scale, Operand scaleTangent, Operand shiftTangent) =
            (ChannelVector(bench, testCase), ChannelVector(bench, testCase), ChannelVector(bench, testCase));
        Operand y = bench.Output(testCase.Shape);
        bench.Run(() => bench.Device.GroupNorm.ForwardTangent(
            groups, x.Tensor, xTangent.Tensor, statistics.Tensor, scale.Slice, scaleTangent.Slice, shiftTangent.Slice, y.Tensor));
        DualTensor expected = ReferenceGroupNorm.Forward(
            bench.Members, groups, new(x.Values, xTangent.Values), new(scale.Values, scaleTangent.Values),
            new(scale.Values, shiftTangent.Values));
        bench.Expect(y, expected.Tangent!, GroupTolerance(testCase));
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Group_norm_cotangents_match_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        int groups = Groups(testCase);
        (Operand x, Operand cotangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        (Operand statistics, Operand scale) = (GroupStatistics(bench, testCase, x), ChannelVector(bench, testCase));
        Operand xCotangent = bench.Output(testCase.Shape);
        (Operand scaleCotangent, Operand shiftCotangent) = (ChannelResult(bench, testCase), ChannelResult(bench, testCase));
        bench.Run(() => bench.Device.GroupNorm.Backward(
            groups, x.Tensor, statistics.Tensor, cotangent.Tensor, scale.Slice, xCotangent.Tensor, scaleCotangent.Slice,
            shiftCotangent.Slice));
        (DualTensor expected, DualTensor expectedScale, DualTensor expectedShift) =
            ReferenceGroupNorm.Backward(bench.Members, groups, x.Values, cotangent.Values, scale.Values);
        bench.Expect(xCotangent, expected.Value, GroupTolerance(testCase), GroupFloor(testCase));
        bench.Expect(scaleCotangent, expectedScale.Value, Tolerance, SumFloor(testCase));
        bench.Expect(shiftCotangent, expectedShift.Value, Tolerance, SumFloor(testCase));
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Tangents_of_group_norm_cotangents_match_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        int groups = Groups(testCase);
        (Operand x, Operand xTangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        (Operand cotangent, Operand cotangentTangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        Operand statistics = GroupStatistics(bench, testCase, x);
        (Operand scale, Operand scaleTangent) = (ChannelVector(bench, testCase), ChannelVector(bench, testCase));
        Operand result = bench.Output(testCase.Shape);
        bool wantsParameters = testCase.Seed % 3 != 0;
        Operand? scaleResult = wantsParameters ? ChannelResult(bench, testCase) : null;
        Operand? shiftResult = wantsParameters ? ChannelResult(bench, testCase) : null;
        bench.Run(() => bench.Device.GroupNorm.BackwardTangent(
            groups, x.Tensor, xTangent.Tensor, statistics.Tensor, cotangent.Tensor, cotangentTangent.Tensor, scale.Slice,
            scaleTangent.Slice, result.Tensor, scaleResult?.Slice, shiftResult?.Slice));
        (DualTensor expected, DualTensor expectedScale, DualTensor expectedShift) = ReferenceGroupNorm.Backward(
            bench.Members, groups, new(x.Values, xTangent.Values), new(cotangent.Values, cotangentTangent.Values),
            new(scale.Values, scaleTangent.Values));
        bench.Expect(result, expected.Tangent!, GroupTolerance(testCase), GroupFloor(testCase));
        if (scaleResult is not null && shiftResult is not null)
        {
            bench.Expect(scaleResult, expectedScale.Tangent!, GroupTolerance(testCase), SumFloor(testCase));
            bench.Expect(shiftResult, expectedShift.Tangent!, Tolerance, SumFloor(testCase));
        }
    }

    /// <summary>A mean far from zero, which also differs between the channels of a group.</summary>
    [ConformanceFact(UsesProducts = false)]
    public void Group_norm_of_images_far_from_zero_keeps_its_digits()
    {
        var testCase = new ImageCase(2, 6, 9, 6, 1, 0, 8);
        using Workbench bench = Open(testCase);
        DoubleTensor far = bench.Random.Tensor(testCase.Shape);
        for (int i = 0; i < far.Values.Length; i++)
            far.Values[i] = (float)(far.Values[i] + 1000 + i / 54 % 6);
        (Operand x, Operand scale, Operand shift) = (bench.Input(far), ChannelVector(bench, testCase), ChannelVector(bench, testCase));
        (Operand y, Operand statistics) = (bench.Output(testCase.Shape), bench.Output(GroupNorm.StatisticsShape(2, testCase.Shape)));
        bench.Run(() => bench.Device.GroupNorm.Forward(2, x.Tensor, scale.Slice, shift.Slice, y.Tensor, statistics.Tensor));
        bench.Expect(y, ReferenceGroupNorm.Forward(1, 2, x.Values, scale.Values, shift.Values).Value, 2e-4);
    }

    /// <summary>A divisor of the channels, by the case's seed: from one group of all channels to a group for each.</summary>
    private static int Groups(ImageCase c)
    {
        int[] divisors = [.. Enumerable.Range(1, c.Channels).Where(groups => c.Channels % groups == 0)];
        return divisors[c.Seed % divisors.Length];
    }

    /// <summary>The statistics as Forward assigns them, for every member even if the images are shared.</summary>
    private static Operand GroupStatistics(Workbench bench, ImageCase testCase, Operand x)
        => bench.Input(
            ReferenceGroupNorm.Statistics(x.Values.Shape.Members == 1 && testCase.Seed % 2 == 0 ? 1 : bench.Members, Groups(testCase),
                x.Values), "statistics");

    /// <summary>A group of few values is like a plane of few pixels (<see cref="NormTolerance"/>).</summary>
    private static double GroupTolerance(ImageCase c) => IsSmallGroup(c) ? 1e-3 : Tolerance;

    /// <summary>
    /// With two values, the cotangents are nearly zero: differences of numbers of the order of one. With a single value they are exactly
    /// zero: differences of numbers of the order of r = 1/√ε.
    /// </summary>
    private static double GroupFloor(ImageCase c) => GroupLength(c) == 1 ? 0.1 : IsSmallGroup(c) ? 0.02 : 0;

    private static bool IsSmallGroup(ImageCase c) => GroupLength(c) < 25;

    private static int GroupLength(ImageCase c) => c.Height * c.Width * (c.Channels / Groups(c));
}
