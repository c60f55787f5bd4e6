using DdmNative.Compute.Contracts;
using DdmNative.Compute.Tests.Reference;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory]
    [Cases(nameof(Cases.Convolutions))]
    public void Convolution_forward_matches_the_reference(ConvolutionCase testCase)
    {
        using Workbench bench = Open(testCase);
        ConvolutionShape shape = testCase.Shape;
        (Operand x, Operand filter, Operand? bias) = (bench.Input(Images(testCase)), bench.InputSlice(Filter(testCase)),
            BiasInput(bench, testCase));
        Operand y = bench.Output(Maps(testCase));
        bench.Run(() => bench.Device.Convolution.Forward(shape, x.Tensor, filter.Slice, bias?.Slice, y.Tensor));
        bench.Expect(y, ReferenceConvolution.Forward(bench.Members, shape, x.Values, filter.Values, bias?.Values), ConvolutionTolerance);
    }

    [ConformanceTheory]
    [Cases(nameof(Cases.Convolutions))]
    public void Convolution_forward_tangent_matches_the_reference(ConvolutionCase testCase)
    {
        using Workbench bench = Open(testCase);
        ConvolutionShape shape = testCase.Shape;
        (Operand x, Operand xTangent) = (bench.Input(Images(testCase)), bench.Input(Images(testCase)));
        (Operand filter, Operand filterTangent) = (bench.InputSlice(Filter(testCase)), bench.InputSlice(Filter(testCase)));
        (Operand? biasTangent, Operand y) = (BiasInput(bench, testCase), bench.Output(Maps(testCase)));
        bench.Run(() => bench.Device.Convolution.ForwardTangent(
            shape, x.Tensor, xTangent.Tensor, filter.Slice, filterTangent.Slice, biasTangent?.Slice, y.Tensor));
        bench.Expect(
            y,
            ReferenceConvolution.ForwardTangent(bench.Members, shape, x.Values, xTangent.Values, filter.Values, filterTangent.Values,
            biasTangent?.Values),
            ConvolutionTolerance);
    }

    [ConformanceTheory]
    [Cases(nameof(Cases.Convolutions))]
    public void Convolution_forward_tangent_with_a_still_input_matches_the_reference(ConvolutionCase testCase)
    {
        using Workbench bench = Open(testCase);
        ConvolutionShape shape = testCase.Shape;
        (Operand x, Operand filter, Operand filterTangent) =
            (bench.Input(Images(testCase)), bench.InputSlice(Filter(testCase)), bench.InputSlice(Filter(testCase)));
        (Operand? biasTangent, Operand y) = (BiasInput(bench, testCase), bench.Output(Maps(testCase)));
        bench.Run(() => bench.Device.Convolution.ForwardTangent(
            shape, x.Tensor, null, filter.Slice, filterTangent.Slice, biasTangent?.Slice, y.Tensor));
        bench.Expect(
            y,
            ReferenceConvolution.ForwardTangent(bench.Members, shape, x.Values, null, filter.Values, filterTangent.Values,
            biasTangent?.Values),
            ConvolutionTolerance);
    }

    [ConformanceTheory]
    [Cases(nameof(Cases.Convolutions))]
    public void Convolution_data_cotangent_matches_the_reference(ConvolutionCase testCase)
    {
        using Workbench bench = Open(testCase);
        ConvolutionShape shape = testCase.Shape;
        (Operand cotangent, Operand filter, Operand result) =
            (bench.Input(Maps(testCase)), bench.InputSlice(Filter(testCase)), bench.Output(Images(testCase)));
        bench.Run(() => bench.Device.Convolution.BackwardData(shape, cotangent.Tensor, filter.Slice, result.Tensor));
        bench.Expect(result, ReferenceConvolution.BackwardData(bench.Members, shape, cotangent.Values, filter.Values),
            ConvolutionTolerance);
    }

    [ConformanceTheory]
    [Cases(nameof(Cases.Convolutions))]
    public void Tangent_of_convolution_data_cotangent_matches_the_reference(ConvolutionCase testCase)
    {
        using Workbench bench = Open(testCase);
        ConvolutionShape shape = testCase.Shape;
        (Operand cotangent, Operand cotangentTangent) = (bench.Input(Maps(testCase)), bench.Input(Maps(testCase)));
        (Operand filter, Operand filterTangent) = (bench.InputSlice(Filter(testCase)), bench.InputSlice(Filter(testCase)));
        Operand result = bench.Output(Images(testCase));
        bench.Run(() => bench.Device.Convolution.BackwardDataTangent(
            shape, cotangent.Tensor, cotangentTangent.Tensor, filter.Slice, filterTangent.Slice, result.Tensor));
        bench.Expect(
            result,
            ReferenceConvolution.BackwardDataTangent(
                bench.Members, shape, cotangent.Values, cotangentTangent.Values, filter.Values, filterTangent.Values),
            ConvolutionTolerance);
    }

    [ConformanceTheory]
    [Cases(nameof(Cases.Convolutions))]
    public void Convolution_filter_and_bias_cotangents_match_the_reference(ConvolutionCase testCase)
    {
        using Workbench bench = Open(testCase);
        ConvolutionShape shape = testCase.Shape;
        (Operand x, Operand cotangent) = (bench.Input(Images(testCase)), bench.Input(Maps(testCase)));
        (Operand filter, Operand? bias) = (bench.OutputSlice(Filter(testCase)), BiasResult(bench, testCase));
        bench.Run(() => bench.Device.Convolution.BackwardFilter(shape, x.Tensor, cotangent.Tensor, filter.Slice, bias?.Slice));
        (DoubleTensor expectedFilter, DoubleTensor expectedBias) = ReferenceConvolution.BackwardFilter(bench.Members, shape, x.Values,
            cotangent.Values);
        bench.Expect(filter, expectedFilter, ConvolutionTolerance, SumFloor(testCase));
        if (bias is not null)
            bench.Expect(bias, expectedBias, ConvolutionTolerance, SumFloor(testCase));
    }

    [ConformanceTheory]
    [Cases(nameof(Cases.Convolutions))]
    public void Tangents_of_convolution_filter_and_bias_cotangents_match_the_reference(ConvolutionCase testCase)
    {
        using Workbench bench = Open(testCase);
        ConvolutionShape shape = testCase.Shape;
        (Operand x, Operand cotangent, Operand cotangentTangent) = (bench.Input(Images(testCase)), bench.Input(Maps(testCase)),
            bench.Input(Maps(testCase)));
        // An input without a tangent, as in the first layer of a Hessian-vector product, in every other case.
        Operand? xTangent = testCase.Seed % 2 == 0 ? bench.Input(Images(testCase)) : null;
        (Operand filter, Operand? bias) = (bench.OutputSlice(Filter(testCase)), BiasResult(bench, testCase));
        bench.Run(() => bench.Device.Convolution.BackwardFilterTangent(
            shape, x.Tensor, xTangent?.Tensor, cotangent.Tensor, cotangentTangent.Tensor, filter.Slice, bias?.Slice));
        (DoubleTensor expectedFilter, DoubleTensor expectedBias) = ReferenceConvolution.BackwardFilterTangent(
            bench.Members, shape, x.Values, xTangent?.Values, cotangent.Values, cotangentTangent.Values);
        bench.Expect(filter, expectedFilter, ConvolutionTolerance, SumFloor(testCase));
        if (bias is not null)
            bench.Expect(bias, expectedBias, ConvolutionTolerance, SumFloor(testCase));
    }

    /// <summary>A tenth of the size that a sum over samples and pixels has when its random terms do not happen to cancel.</summary>
    private static double SumFloor(ConvolutionCase c) => 0.1 * Math.Sqrt(c.Samples * c.Shape.OutputHeight * c.Shape.OutputWidth);

    private static TensorShape Images(ConvolutionCase c) => new(1, c.Samples, c.InputChannels, c.Height, c.Width);

    private static TensorShape Maps(ConvolutionCase c) => new(1, c.Samples, c.OutputChannels, c.Shape.OutputHeight, c.Shape.OutputWidth);

    private static TensorShape Filter(ConvolutionCase c) => new(1, c.OutputChannels, c.InputChannels, c.KernelSize, c.KernelSize);

    private static TensorShape Bias(ConvolutionCase c) => TensorShape.Vector(1, c.OutputChannels);

    private static Operand? BiasInput(Workbench bench, ConvolutionCase c) => c.HasBias ? bench.InputSlice(Bias(c), "bias") : null;

    private static Operand? BiasResult(Workbench bench, ConvolutionCase c) => c.HasBias ? bench.OutputSlice(Bias(c), "bias") : null;
}
