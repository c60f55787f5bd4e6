using DdmNative.Compute.Tests.Reference;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Frozen_batch_norm_forward_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand mean, Operand variance) = (bench.Input(testCase.Shape), ChannelVector(bench, testCase),
            Variance(bench, testCase));
        (Operand scale, Operand shift, Operand y) = (ChannelVector(bench, testCase), ChannelVector(bench, testCase),
            bench.Output(testCase.Shape));
        bench.Run(() => bench.Device.FrozenBatchNorm.Forward(
            x.Tensor, mean.Slice, variance.Slice, scale.Slice, shift.Slice, y.Tensor));
        bench.Expect(y, ReferenceFrozenBatchNorm.Forward(
            bench.Members, x.Values, mean.Values, variance.Values, scale.Values, shift.Values).Value, Tolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Frozen_batch_norm_forward_tangent_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        Operand x = bench.Input(testCase.Shape);
        Operand? xTangent = XTangent(bench, testCase);
        (Operand mean, Operand variance) = (ChannelVector(bench, testCase), Variance(bench, testCase));
        (Operand scale, Operand scaleTangent, Operand shiftTangent) =
            (ChannelVector(bench, testCase), ChannelVector(bench, testCase), ChannelVector(bench, testCase));
        Operand y = bench.Output(testCase.Shape);
        bench.Run(() => bench.Device.FrozenBatchNorm.ForwardTangent(
            x.Tensor, xTangent?.Tensor, mean.Slice, variance.Slice, scale.Slice, scaleTangent.Slice, shiftTangent.Slice, y.Tensor));
        DualTensor expected = ReferenceFrozenBatchNorm.Forward(
            bench.Members, new(x.Values, xTangent?.Values), mean.Values, variance.Values, new(scale.Values, scaleTangent.Values),
            new(scale.Values, shiftTangent.Values));
        bench.Expect(y, expected.Tangent!, Tolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Frozen_batch_norm_cotangents_match_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand cotangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        (Operand mean, Operand variance, Operand scale) = (ChannelVector(bench, testCase), Variance(bench, testCase),
            ChannelVector(bench, testCase));
        Operand? xCotangent = testCase.Seed % 4 == 0 ? null : bench.Output(testCase.Shape);
        (Operand scaleCotangent, Operand shiftCotangent) = (ChannelResult(bench, testCase), ChannelResult(bench, testCase));
        bench.Run(() => bench.Device.FrozenBatchNorm.Backward(
            x.Tensor, mean.Slice, variance.Slice, cotangent.Tensor, scale.Slice, xCotangent?.Tensor, scaleCotangent.Slice,
            shiftCotangent.Slice));
        (DualTensor expected, DualTensor expectedScale, DualTensor expectedShift) = ReferenceFrozenBatchNorm.Backward(
            bench.Members, x.Values, mean.Values, variance.Values, cotangent.Values, scale.Values);
        if (xCotangent is not null)
            bench.Expect(xCotangent, expected.Value, Tolerance);
        bench.Expect(scaleCotangent, expectedScale.Value, Tolerance, SumFloor(testCase));
        bench.Expect(shiftCotangent, expectedShift.Value, Tolerance, SumFloor(testCase));
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Tangents_of_frozen_batch_norm_cotangents_match_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        Operand x = bench.Input(testCase.Shape);
        Operand? xTangent = XTangent(bench, testCase);
        (Operand cotangent, Operand cotangentTangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        (Operand mean, Operand variance) = (ChannelVector(bench, testCase), Variance(bench, testCase));
        (Operand scale, Operand scaleTangent) = (ChannelVector(bench, testCase), ChannelVector(bench, testCase));
        (bool wantsImages, bool wantsParameters) = (testCase.Seed % 4 != 0, testCase.Seed % 3 != 0 || testCase.Seed % 4 == 0);
        Operand? result = wantsImages ? bench.Output(testCase.Shape) : null;
        Operand? scaleResult = wantsParameters ? ChannelResult(bench, testCase) : null;
        Operand? shiftResult = wantsParameters ? ChannelResult(bench, testCase) : null;
        bench.Run(() => bench.Device.FrozenBatchNorm.BackwardTangent(
            x.Tensor, xTangent?.Tensor, mean.Slice, variance.Slice, cotangent.Tensor, cotangentTangent.Tensor, scale.Slice,
            scaleTangent.Slice, result?.Tensor, scaleResult?.Slice, shiftResult?.Slice));
        (DualTensor expected, DualTensor expectedScale, DualTensor expectedShift) = ReferenceFrozenBatchNorm.Backward(
            bench.Members, new(x.Values, xTangent?.Values), mean.Values, variance.Values, new(cotangent.Values, cotangentTangent.Values),
            new(scale.Values, scaleTangent.Values));
        if (result is not null)
            bench.Expect(result, expected.Tangent!, Tolerance);
        if (scaleResult is not null && shiftResult is not null)
        {
            bench.Expect(scaleResult, expectedScale.Tangent!, Tolerance, SumFloor(testCase));
            bench.Expect(shiftResult, expectedShift.Tangent!, Tolerance, SumFloor(testCase));
        }
    }

    /// <summary>Not near zero, so that x̂ is of the order of one, as <c>SumFloor</c> assumes.</summary>
    private static Operand Variance(Workbench bench, ImageCase c)
        => bench.InputSlice(TensorShape.Vector(1, c.Channels), value => value * value + 0.5f);

    /// <summary>ẋ, absent in every fourth case.</summary>
    private static Operand? XTangent(Workbench bench, ImageCase c) => c.Seed % 4 == 3 ? null : bench.Input(c.Shape);
}
