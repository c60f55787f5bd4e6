using DdmNative.Compute.Contracts;
using DdmNative.Compute.Tests.Reference;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Relu_and_pool_forward_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        int window = Window(testCase);
        (Operand x, Operand y) = (bench.Input(testCase.Shape), bench.Output(ReluAvgPool.Pooled(window, testCase.Shape)));
        bench.Run(() => bench.Device.ReluAvgPool.Forward(window, x.Tensor, y.Tensor));
        bench.Expect(y, ReferenceReluAvgPool.Forward(bench.Members, window, x.Values), Tolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Relu_and_pool_forward_tangent_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        int window = Window(testCase);
        (Operand x, Operand xTangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        Operand y = bench.Output(ReluAvgPool.Pooled(window, testCase.Shape));
        bench.Run(() => bench.Device.ReluAvgPool.ForwardTangent(window, x.Tensor, xTangent.Tensor, y.Tensor));
        bench.Expect(y, ReferenceReluAvgPool.ForwardTangent(bench.Members, window, x.Values, xTangent.Values), Tolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Relu_and_pool_cotangent_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        int window = Window(testCase);
        (Operand x, Operand cotangent) = (bench.Input(testCase.Shape), bench.Input(ReluAvgPool.Pooled(window, testCase.Shape)));
        Operand result = bench.Output(testCase.Shape);
        bench.Run(() => bench.Device.ReluAvgPool.Backward(window, x.Tensor, cotangent.Tensor, result.Tensor));
        bench.Expect(result, ReferenceReluAvgPool.Backward(bench.Members, window, x.Values, cotangent.Values), Tolerance);
    }

    [ConformanceFact(UsesProducts = false)]
    public void Relu_of_zero_passes_no_cotangent()
    {
        using Workbench bench = Open(new ImageCase(2, 3, 4, 4, 1, 0, 9));
        var shape = new TensorShape(1, 2, 3, 4, 4);
        (Operand x, Operand cotangent, Operand result) = (bench.Input(new DoubleTensor(shape)), bench.Input(shape), bench.Output(shape));
        bench.Run(() => bench.Device.ReluAvgPool.Backward(1, x.Tensor, cotangent.Tensor, result.Tensor));
        bench.Expect(result, new DoubleTensor(shape), Tolerance);
    }

    /// <summary>1, 2 or 3, as far as the image holds a whole window.</summary>
    private static int Window(ImageCase c) => Math.Min(1 + c.Seed % 3, Math.Min(c.Height, c.Width));
}
