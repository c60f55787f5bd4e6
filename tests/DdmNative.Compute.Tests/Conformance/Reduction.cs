using DdmNative.Compute.Tests.Reference;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Sum_over_samples_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand y) = (bench.Input(testCase.Shape), bench.Output(testCase.Shape.WithSamples(1)));
        bench.Run(() => bench.Device.Reduction.SumSamples(x.Tensor, y.Tensor));
        bench.Expect(y, ReferenceReduction.SumSamples(bench.Members, x.Values), Tolerance, floor: 0.1);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Dot_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand a, Operand b, Operand y) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape),
            bench.Output(TensorShape.Vector(1, 1)));
        bench.Run(() => bench.Device.Reduction.Dot(a.Tensor, b.Tensor, y.Tensor));
        // Random products cancel: the error is relative to √n, the expected magnitude of the sum.
        bench.Expect(y, ReferenceReduction.Dot(bench.Members, a.Values, b.Values), Tolerance,
            floor: Math.Sqrt(testCase.Shape.MemberLength));
    }

    [ConformanceTheory(UsesProducts = false)]
    [InlineData(1)]
    [InlineData(4099)]
    [InlineData(100_003)]
    public void Dot_of_parameter_vectors_matches_the_reference(int length)
    {
        using Workbench bench = Open(new ImageCase(1, length, 1, 1, 3, 2, 50));
        (Operand a, Operand b, Operand y) =
            (bench.Input(TensorShape.Vector(1, length)), bench.Input(TensorShape.Vector(1, length)),
            bench.Output(TensorShape.Vector(1, 1)));
        bench.Run(() => bench.Device.Reduction.Dot(a.Tensor, b.Tensor, y.Tensor));
        bench.Expect(y, ReferenceReduction.Dot(bench.Members, a.Values, b.Values), Tolerance, floor: Math.Sqrt(length));
    }
}
