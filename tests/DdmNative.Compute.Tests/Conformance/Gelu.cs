using DdmNative.Compute.Tests.Reference;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    /// <summary>Largest relative error of a single value near zero; with the rounding of x² it grows with x².</summary>
    private const double GeluTolerance = 1e-6;

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Gelu_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand y) = (bench.Input(testCase.Shape), bench.Output(testCase.Shape));
        bench.Run(() => bench.Device.Gelu.Forward(x.Tensor, y.Tensor));
        bench.Expect(y, ReferenceGelu.Forward(bench.Members, x.Values), GeluTolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Gelu_tangent_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand xTangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        Operand yTangent = bench.Output(testCase.Shape);
        bench.Run(() => bench.Device.Gelu.ForwardTangent(x.Tensor, xTangent.Tensor, yTangent.Tensor));
        bench.Expect(yTangent, ReferenceGelu.ForwardTangent(bench.Members, x.Values, xTangent.Values), GeluTolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Gelu_cotangent_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand cotangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        Operand result = bench.Output(testCase.Shape);
        bench.Run(() => bench.Device.Gelu.Backward(x.Tensor, cotangent.Tensor, result.Tensor));
        bench.Expect(result, ReferenceGelu.Backward(bench.Members, x.Values, cotangent.Values), GeluTolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Gelu_tangent_of_the_cotangent_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand x, Operand cotangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        (Operand xTangent, Operand cotangentTangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        Operand result = bench.Output(testCase.Shape);
        bool isConstant = testCase.Seed % 3 == 0;
        bench.Run(() => bench.Device.Gelu.BackwardTangent(
            x.Tensor, isConstant ? null : xTangent.Tensor, cotangent.Tensor, cotangentTangent.Tensor, result.Tensor));
        DoubleTensor expected = ReferenceGelu.BackwardTangent(
            bench.Members, x.Values, isConstant ? null : xTangent.Values, cotangent.Values, cotangentTangent.Values);
        bench.Expect(result, expected, GeluTolerance);
    }

    /// <summary>
    /// Every value is right by itself, from the smallest floats to the largest: tails keep their digits as long as they are normal floats.
    /// </summary>
    [ConformanceFact(UsesProducts = false)]
    public void Gelu_and_its_derivatives_are_right_for_every_magnitude()
    {
        const double Tiny = 300 * 1.2e-38;
        float[] magnitudes = [1e-30f, 1e-8f, 20, 88, 1e4f, 1e19f, 1e30f, 3e38f];
        float[] points = [.. Enumerable.Range(-1400, 2801).Select(i => i * 0.01f), .. magnitudes, .. magnitudes.Select(value => -value)];
        TensorShape shape = TensorShape.Vector(1, points.Length);
        using Workbench bench = Open(new ImageCase(1, points.Length, 1, 1, 1, 0, 1));
        Operand x = bench.Input(DoubleTensor.FromFloats(shape, points), "x"), zero = bench.Input(new DoubleTensor(shape), "zero");
        Operand one = bench.Input(DoubleTensor.FromFloats(shape, [.. points.Select(_ => 1f)]), "one");
        (Operand y, Operand first, Operand second) = (bench.Output(shape, "y"), bench.Output(shape, "f'"), bench.Output(shape, "f\""));
        bench.Run(() =>
        {
            bench.Device.Gelu.Forward(x.Tensor, y.Tensor);
            bench.Device.Gelu.Backward(x.Tensor, one.Tensor, first.Tensor);
            bench.Device.Gelu.BackwardTangent(x.Tensor, one.Tensor, one.Tensor, zero.Tensor, second.Tensor);
        });
        (float[] value, float[] slope, float[] curvature) = (y.Tensor.ToArray(), first.Tensor.ToArray(), second.Tensor.ToArray());
        for (int i = 0; i < points.Length; i++)
        {
            double at = points[i], tolerance = GeluTolerance * (1 + Math.Min(20, at * at / 10));
            (double distribution, double density) = (ReferenceGelu.Distribution(at), ReferenceGelu.Density(at));
            // A sum of terms of different signs is as exact as its largest term.
            Near(ReferenceGelu.Value(at), value[i], Math.Abs(at) * distribution);
            Near(ReferenceGelu.Derivative(at), slope[i], distribution + Math.Abs(at) * density);
            Near(ReferenceGelu.SecondDerivative(at), curvature[i], density * Math.Max(2, at * at));

            void Near(double expected, float actual, double term) => Assert.True(Math.Abs(actual - expected) <= tolerance * term + Tiny,
                $"At {at:R} found {actual:R}; expected {expected:R} ± {tolerance * term:E1}.");
        }
    }
}
