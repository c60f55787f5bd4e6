using DdmNative.Compute.Contracts;
using DdmNative.Compute.Tests.Reference;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory(UsesProducts = false)]
    [InlineData(1, 1, 1, 1, 1, 1, 0)]
    [InlineData(3, 2, 28, 28, 1, 3, 0)]
    [InlineData(2, 3, 9, 6, 7, 3, 1)]
    [InlineData(4, 17, 3, 5, 100, 1, 0)]
    public void Adam_step_matches_the_reference(int samples, int channels, int height, int width, int step, int members, int shared)
    {
        var testCase = new ImageCase(samples, channels, height, width, members, shared, 40 + step);
        using Workbench bench = Open(testCase);
        var options = new AdamOptions();
        Operand gradient = bench.Input(testCase.Shape);
        Operand corrections = bench.Input(DoubleTensor.FromFloats(TensorShape.Vector(1, 2), options.Corrections(step)));
        DoubleTensor second = bench.Random.Tensor(testCase.Shape);
        for (int i = 0; i < second.Values.Length; i++)
            second.Values[i] = Math.Abs(second.Values[i]);
        (Operand values, Operand firstMoment, Operand secondMoment) = (
            bench.Updated(bench.Random.Tensor(testCase.Shape), "values"),
            bench.Updated(bench.Random.Tensor(testCase.Shape), "first moment"),
            bench.Updated(second, "second moment"));
        bench.Run(() => bench.Device.Adam.Step(
            options, values.Tensor, firstMoment.Tensor, secondMoment.Tensor, gradient.Tensor, corrections.Tensor));
        (DoubleTensor expected, DoubleTensor expectedFirst, DoubleTensor expectedSecond) =
            ReferenceAdam.Step(options, step, values.Values, firstMoment.Values, secondMoment.Values, gradient.Values);
        bench.Expect(values, expected, Tolerance);
        bench.Expect(firstMoment, expectedFirst, Tolerance);
        bench.Expect(secondMoment, expectedSecond, Tolerance);
    }
}
