using DdmNative.Compute.Tests.Reference;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Flatten_unrolls_images_in_the_order_of_channels_rows_columns(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand y) = (bench.Input(testCase.Shape), bench.Output(testCase.Shape.Flattened()));
        bench.Run(() => bench.Device.Flatten.Forward(x.Tensor, y.Tensor));
        bench.Expect(y, ReferenceFlatten.Forward(bench.Members, x.Values), 0);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Flatten_backward_rolls_vectors_into_images(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand y, Operand x) = (bench.Input(testCase.Shape.Flattened()), bench.Output(testCase.Shape));
        bench.Run(() => bench.Device.Flatten.Backward(y.Tensor, x.Tensor));
        bench.Expect(x, ReferenceFlatten.Backward(testCase.Shape, y.Values), 0);
    }
}
