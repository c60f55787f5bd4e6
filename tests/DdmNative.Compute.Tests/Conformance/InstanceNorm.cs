using DdmNative.Compute.Contracts;
using DdmNative.Compute.Tests.Reference;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Instance_norm_forward_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand scale, Operand shift) = (bench.Input(testCase.Shape), ChannelVector(bench, testCase),
            ChannelVector(bench, testCase));
        (Operand y, Operand statistics) = (bench.Output(testCase.Shape), bench.Output(InstanceNorm.StatisticsShape(testCase.Shape)));
        bench.Run(() => bench.Device.InstanceNorm.Forward(x.Tensor, scale.Slice, shift.Slice, y.Tensor, statistics.Tensor));
        bench.Expect(y, ReferenceInstanceNorm.Forward(bench.Members, x.Values, scale.Values, shift.Values).Value, Tolerance);
        bench.Expect(statistics, ReferenceInstanceNorm.Statistics(bench.Members, x.Values), Tolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Instance_norm_forward_tangent_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand xTangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        Operand statistics = Statistics(bench, testCase, x);
        (Operand scale, Operand scaleTangent, Operand shiftTangent) =
            (ChannelVector(bench, testCase), ChannelVector(bench, testCase), ChannelVector(bench, testCase));
        Operand y = bench.Output(testCase.Shape);
        bench.Run(() => bench.Device.InstanceNorm.ForwardTangent(
            x.Tensor, xTangent.Tensor, statistics.Tensor, scale.Slice, scaleTangent.Slice, shiftTangent.Slice, y.Tensor));
        DualTensor expected = ReferenceInstanceNorm.Forward(
            bench.Members, new(x.Values, xTangent.Values), new(scale.Values, scaleTangent.Values), new(scale.Values, shiftTangent.Values));
        bench.Expect(y, expected.Tangent!, NormTolerance(testCase));
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Instance_norm_cotangents_match_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand cotangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        (Operand statistics, Operand scale) = (Statistics(bench, testCase, x), ChannelVector(bench, testCase));
        Operand xCotangent = bench.Output(testCase.Shape);
        (Operand scaleCotangent, Operand shiftCotangent) = (ChannelResult(bench, testCase), ChannelResult(bench, testCase));
        bench.Run(() => bench.Device.InstanceNorm.Backward(
            x.Tensor, statistics.Tensor, cotangent.Tensor, scale.Slice, xCotangent.Tensor, scaleCotangent.Slice, shiftCotangent.Slice));
        (DualTensor expected, DualTensor expectedScale, DualTensor expectedShift) =
            ReferenceInstanceNorm.Backward(bench.Members, x.Values, cotangent.Values, scale.Values);
        bench.Expect(xCotangent, expected.Value, NormTolerance(testCase));
        bench.Expect(scaleCotangent, expectedScale.Value, Tolerance, SumFloor(testCase));
        bench.Expect(shiftCotangent, expectedShift.Value, Tolerance, SumFloor(testCase));
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Tangents_of_instance_norm_cotangents_match_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand xTangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        (Operand cotangent, Operand cotangentTangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        Operand statistics = Statistics(bench, testCase, x);
        (Operand scale, Operand scaleTangent) = (ChannelVector(bench, testCase), ChannelVector(bench, testCase));
        Operand result = bench.Output(testCase.Shape);
        bool wantsParameters = testCase.Seed % 3 != 0;
        Operand? scaleResult = wantsParameters ? ChannelResult(bench, testCase) : null;
        Operand? shiftResult = wantsParameters ? ChannelResult(bench, testCase) : null;
        bench.Run(() => bench.Device.InstanceNorm.BackwardTangent(
            x.Tensor, xTangent.Tensor, statistics.Tensor, cotangent.Tensor, cotangentTangent.Tensor, scale.Slice, scaleTangent.Slice,
            result.Tensor, scaleResult?.Slice, shiftResult?.Slice));
        (DualTensor expected, DualTensor expectedScale, DualTensor expectedShift) = ReferenceInstanceNorm.Backward(
            bench.Members, new(x.Values, xTangent.Values), new(cotangent.Values, cotangentTangent.Values),
            new(scale.Values, scaleTangent.Values));
        bench.Expect(result, expected.Tangent!, NormTolerance(testCase));
        if (scaleResult is not null && shiftResult is not null)
        {
            bench.Expect(scaleResult, expectedScale.Tangent!, NormTolerance(testCase), SumFloor(testCase));
            bench.Expect(shiftResult, expectedShift.Tangent!, Tolerance, SumFloor(testCase));
        }
    }

    /// <summary>
    /// The mean of these images is exact in float32, so that the variance is exactly zero and the result is known: y = β, x̂ = 0.
    /// </summary>
    [ConformanceTheory(UsesProducts = false)]
    [InlineData(0f, 3, 5)]
    [InlineData(0f, 7, 7)]
    [InlineData(0.5f, 4, 4)]
    [InlineData(-3f, 8, 8)]
    public void Instance_norm_of_constant_images_is_finite_and_right(float pixel, int height, int width)
    {
        var testCase = new ImageCase(3, 5, height, width, 3, 0, 7);
        using Workbench bench = Open(testCase);
        var constant = new DoubleTensor(testCase.Shape);
        Array.Fill(constant.Values, pixel);
        (Operand x, Operand xTangent, Operand cotangent, Operand cotangentTangent) =
            (bench.Input(constant), bench.Input(testCase.Shape), bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        (Operand scale, Operand shift) = (ChannelVector(bench, testCase), ChannelVector(bench, testCase));
        (Operand y, Operand yTangent) = (bench.Output(testCase.Shape), bench.Output(testCase.Shape));
        (Operand result, Operand resultTangent) = (bench.Output(testCase.Shape), bench.Output(testCase.Shape));
        Operand statistics = bench.Output(InstanceNorm.StatisticsShape(testCase.Shape));
        (Operand scaleResult, Operand shiftResult) = (ChannelResult(bench, testCase), ChannelResult(bench, testCase));
        InstanceNorm norm = bench.Device.InstanceNorm;
        bench.Run(() =>
        {
            norm.Forward(x.Tensor, scale.Slice, shift.Slice, y.Tensor, statistics.Tensor);
            norm.ForwardTangent(x.Tensor, xTangent.Tensor, statistics.Tensor, scale.Slice, scale.Slice, shift.Slice, yTangent.Tensor);
            norm.Backward(x.Tensor, statistics.Tensor, cotangent.Tensor, scale.Slice, result.Tensor, scaleResult.Slice, shiftResult.Slice);
            norm.BackwardTangent(
                x.Tensor, xTangent.Tensor, statistics.Tensor, cotangent.Tensor, cotangentTangent.Tensor, scale.Slice, scale.Slice,
                resultTangent.Tensor, null, null);
        });
        DualTensor dualScale = new(scale.Values, scale.Values);
        DualTensor forward = ReferenceInstanceNorm.Forward(3, new(x.Values, xTangent.Values), dualScale, new(shift.Values, shift.Values));
        (DualTensor backward, DualTensor backwardScale, DualTensor backwardShift) = ReferenceInstanceNorm.Backward(
            3, new(x.Values, xTangent.Values), new(cotangent.Values, cotangentTangent.Values), dualScale);
        bench.Expect(y, forward.Value, Tolerance);
        bench.Expect(yTangent, forward.Tangent!, Tolerance);
        bench.Expect(result, backward.Value, Tolerance);
        bench.Expect(resultTangent, backward.Tangent!, Tolerance);
        bench.Expect(scaleResult, backwardScale.Value, Tolerance);
        bench.Expect(shiftResult, backwardShift.Value, Tolerance);
    }

    /// <summary>A mean far from zero: a variance computed as E[x²] − μ² in float32 would lose every digit.</summary>
    [ConformanceFact(UsesProducts = false)]
    public void Instance_norm_of_images_far_from_zero_keeps_its_digits()
    {
        var testCase = new ImageCase(2, 3, 9, 6, 1, 0, 8);
        using Workbench bench = Open(testCase);
        DoubleTensor far = bench.Random.Tensor(testCase.Shape);
        for (int i = 0; i < far.Values.Length; i++)
            far.Values[i] = (float)(far.Values[i] + 1000);
        (Operand x, Operand scale, Operand shift) = (bench.Input(far), ChannelVector(bench, testCase), ChannelVector(bench, testCase));
        (Operand y, Operand statistics) = (bench.Output(testCase.Shape), bench.Output(InstanceNorm.StatisticsShape(testCase.Shape)));
        bench.Run(() => bench.Device.InstanceNorm.Forward(x.Tensor, scale.Slice, shift.Slice, y.Tensor, statistics.Tensor));
        bench.Expect(y, ReferenceInstanceNorm.Forward(1, x.Values, scale.Values, shift.Values).Value, 2e-4);
    }

    /// <summary>
    /// Tangents through a plane of few pixels are differences of nearly equal numbers: with two or four pixels x̂ hardly changes.
    /// </summary>
    private static double NormTolerance(ImageCase c) => c.Height * c.Width < 9 ? 1e-3 : Tolerance;

    private static double SumFloor(ImageCase c) => 0.1 * Math.Sqrt(c.Samples * c.Height * c.Width);

    private static Operand ChannelVector(Workbench bench, ImageCase c) => bench.InputSlice(TensorShape.Vector(1, c.Channels));

    private static Operand ChannelResult(Workbench bench, ImageCase c) => bench.OutputSlice(TensorShape.Vector(1, c.Channels));

    /// <summary>The statistics as Forward assigns them, for every member even if the images are shared.</summary>
    private static Operand Statistics(Workbench bench, ImageCase testCase, Operand x)
        => bench.Input(ReferenceInstanceNorm.Statistics(x.Values.Shape.Members == 1
            && testCase.Seed % 2 == 0 ? 1 : bench.Members, x.Values));
}
