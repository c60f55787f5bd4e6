using DdmNative.Compute.Tests.Reference;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Linear_combination_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand a, Operand b, Operand y) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape), bench.Output(testCase.Shape));
        bench.Run(() => bench.Device.LinearCombination.Combine(0.75f, a.Tensor, -2.5f, b.Tensor, y.Tensor));
        bench.Expect(y, ReferenceLinearCombination.Combine(bench.Members, 0.75, a.Values, -2.5, b.Values), Tolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Linear_combination_in_place_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        Operand a = bench.Input(testCase.Shape);
        Operand y = bench.Updated(bench.Random.Tensor(testCase.Shape), "y");
        bool isFirst = testCase.Seed % 2 == 0;
        bench.Run(() => bench.Device.LinearCombination.Combine(1, isFirst
            ? y.Tensor : a.Tensor, -0.5f, isFirst ? a.Tensor : y.Tensor, y.Tensor));
        (DoubleTensor first, DoubleTensor second) = isFirst ? (y.Values, a.Values) : (a.Values, y.Values);
        bench.Expect(y, ReferenceLinearCombination.Combine(bench.Members, 1, first, -0.5, second), Tolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Copy_is_exact(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand a, Operand y) = (bench.Input(testCase.Shape), bench.Output(testCase.Shape));
        bench.Run(() => bench.Device.LinearCombination.Copy(a.Tensor, y.Tensor));
        bench.Expect(y, ReferenceLinearCombination.Combine(bench.Members, 1, a.Values, 0, a.Values), 0);
    }
}
