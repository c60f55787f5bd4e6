using DdmNative.Compute.Tests.Reference;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory]
    [Cases(nameof(Cases.Matrices))]
    public void Matrix_product_forward_matches_the_reference(MatrixCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand weight, Operand? bias) = (bench.Input(Inputs(testCase)), bench.InputSlice(Weight(testCase)),
            BiasInput(bench, testCase));
        Operand y = bench.Output(Outputs(testCase));
        bench.Run(() => bench.Device.MatrixProduct.Forward(x.Tensor, weight.Slice, bias?.Slice, y.Tensor));
        bench.Expect(y, ReferenceMatrixProduct.Forward(bench.Members, x.Values, weight.Values, bias?.Values), ProductTolerance);
    }

    [ConformanceTheory]
    [Cases(nameof(Cases.Matrices))]
    public void Matrix_product_forward_tangent_matches_the_reference(MatrixCase testCase)
    {
        using Workbench bench = Open(testCase);
        Operand x = bench.Input(Inputs(testCase));
        (Operand weight, Operand weightTangent) = (bench.InputSlice(Weight(testCase)), bench.InputSlice(Weight(testCase)));
        Operand? biasTangent = BiasInput(bench, testCase);
        Operand? xTangent = testCase.Seed % 3 == 0 ? null : bench.Input(Inputs(testCase));
        Operand y = bench.Output(Outputs(testCase));
        bench.Run(() => bench.Device.MatrixProduct.ForwardTangent(
            x.Tensor, xTangent?.Tensor, weight.Slice, weightTangent.Slice, biasTangent?.Slice, y.Tensor));
        bench.Expect(
            y,
            ReferenceMatrixProduct.ForwardTangent(bench.Members, x.Values, xTangent?.Values, weight.Values, weightTangent.Values,
            biasTangent?.Values),
            ProductTolerance);
    }

    [ConformanceTheory]
    [Cases(nameof(Cases.Matrices))]
    public void Matrix_product_data_cotangent_matches_the_reference(MatrixCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand cotangent, Operand weight, Operand result) =
            (bench.Input(Outputs(testCase)), bench.InputSlice(Weight(testCase)), bench.Output(Inputs(testCase)));
        bench.Run(() => bench.Device.MatrixProduct.BackwardData(cotangent.Tensor, weight.Slice, result.Tensor));
        bench.Expect(result, ReferenceMatrixProduct.BackwardData(bench.Members, cotangent.Values, weight.Values), ProductTolerance);
    }

    [ConformanceTheory]
    [Cases(nameof(Cases.Matrices))]
    public void Tangent_of_matrix_product_data_cotangent_matches_the_reference(MatrixCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand cotangent, Operand cotangentTangent) = (bench.Input(Outputs(testCase)), bench.Input(Outputs(testCase)));
        (Operand weight, Operand weightTangent) = (bench.InputSlice(Weight(testCase)), bench.InputSlice(Weight(testCase)));
        Operand result = bench.Output(Inputs(testCase));
        bench.Run(() => bench.Device.MatrixProduct.BackwardDataTangent(
            cotangent.Tensor, cotangentTangent.Tensor, weight.Slice, weightTangent.Slice, result.Tensor));
        bench.Expect(
            result,
            ReferenceMatrixProduct.BackwardDataTangent(bench.Members, cotangent.Values, cotangentTangent.Values, weight.Values,
            weightTangent.Values),
            ProductTolerance);
    }

    [ConformanceTheory]
    [Cases(nameof(Cases.Matrices))]
    public void Matrix_product_weight_and_bias_cotangents_match_the_reference(MatrixCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand cotangent) = (bench.Input(Inputs(testCase)), bench.Input(Outputs(testCase)));
        (Operand weight, Operand? bias) = (bench.OutputSlice(Weight(testCase)), BiasResult(bench, testCase));
        bench.Run(() => bench.Device.MatrixProduct.BackwardWeight(x.Tensor, cotangent.Tensor, weight.Slice, bias?.Slice));
        (DoubleTensor expectedWeight, DoubleTensor expectedBias) = ReferenceMatrixProduct.BackwardWeight(bench.Members, x.Values,
            cotangent.Values);
        bench.Expect(weight, expectedWeight, ProductTolerance);
        if (bias is not null)
            bench.Expect(bias, expectedBias, ProductTolerance, 0.1 * Math.Sqrt(testCase.Samples));
    }

    [ConformanceTheory]
    [Cases(nameof(Cases.Matrices))]
    public void Tangents_of_matrix_product_weight_and_bias_cotangents_match_the_reference(MatrixCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand cotangent, Operand cotangentTangent) =
            (bench.Input(Inputs(testCase)), bench.Input(Outputs(testCase)), bench.Input(Outputs(testCase)));
        Operand? xTangent = testCase.Seed % 3 == 0 ? null : bench.Input(Inputs(testCase));
        (Operand weight, Operand? bias) = (bench.OutputSlice(Weight(testCase)), BiasResult(bench, testCase));
        bench.Run(() => bench.Device.MatrixProduct.BackwardWeightTangent(
            x.Tensor, xTangent?.Tensor, cotangent.Tensor, cotangentTangent.Tensor, weight.Slice, bias?.Slice));
        (DoubleTensor expectedWeight, DoubleTensor expectedBias) = ReferenceMatrixProduct.BackwardWeightTangent(
            bench.Members, x.Values, xTangent?.Values, cotangent.Values, cotangentTangent.Values);
        bench.Expect(weight, expectedWeight, ProductTolerance);
        if (bias is not null)
            bench.Expect(bias, expectedBias, ProductTolerance, 0.1 * Math.Sqrt(testCase.Samples));
    }

    private static TensorShape Inputs(MatrixCase c) => new(1, c.Samples, c.Inputs);

    private static TensorShape Outputs(MatrixCase c) => new(1, c.Samples, c.Outputs);

    private static TensorShape Weight(MatrixCase c) => new(1, c.Outputs, c.Inputs);

    private static Operand? BiasInput(Workbench bench, MatrixCase c)
        => c.HasBias ? bench.InputSlice(TensorShape.Vector(1, c.Outputs), "bias") : null;

    private static Operand? BiasResult(Workbench bench, MatrixCase c)
        => c.HasBias ? bench.OutputSlice(TensorShape.Vector(1, c.Outputs), "bias") : null;
}
