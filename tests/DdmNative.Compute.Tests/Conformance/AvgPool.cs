using DdmNative.Compute.Contracts;
using DdmNative.Compute.Tests.Reference;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Avg_pool_forward_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        PoolingShape shape = DrawPool(testCase, hasPadding: false);
        (Operand x, Operand y) = (bench.Input(testCase.Shape), bench.Output(shape.Pooled(testCase.Shape)));
        bench.Run(() => bench.Device.AvgPool.Forward(shape, x.Tensor, y.Tensor));
        bench.Expect(y, ReferenceAvgPool.Forward(bench.Members, shape, x.Values), Tolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Avg_pool_cotangent_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        PoolingShape shape = DrawPool(testCase, hasPadding: false);
        (Operand cotangent, Operand result) = (bench.Input(shape.Pooled(testCase.Shape)), bench.Output(testCase.Shape));
        bench.Run(() => bench.Device.AvgPool.Backward(shape, cotangent.Tensor, result.Tensor));
        bench.Expect(result, ReferenceAvgPool.Backward(shape, cotangent.Values, testCase.Shape), Tolerance);
    }
}
