using DdmNative.Compute.Contracts;
using DdmNative.Compute.Tests.Reference;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    /// <summary>Samples, members, and when the calls that fill run.</summary>
    public static TheoryData<int, int, FillOrder> FilledGradients
    {
        get
        {
            var data = new TheoryData<int, int, FillOrder>();
            foreach (FillOrder order in Enum.GetValues<FillOrder>())
                foreach (int samples in (int[])[1, 5, 20, 40])
                    foreach (int members in (int[])[1, 3, 8])
                        data.Add(samples, members, order);
            return data;
        }
    }

    [ConformanceTheory(UsesProducts = false)]
    [InlineData(1, 1, 0f)]
    [InlineData(1, 3, -1.5f)]
    [InlineData(17, 1, 0.1f)]
    [InlineData(256, 3, 0f)]
    [InlineData(1003, 3, float.MaxValue)]
    [InlineData(4099, 8, float.Epsilon)]
    public void Fill_assigns_the_value_to_a_part_of_every_member(int length, int members, float value)
    {
        using Workbench bench = Open(new ImageCase(1, length, 1, 1, members, 0, 110 + length));
        Operand target = bench.OutputSlice(TensorShape.Vector(1, length));
        bench.Run(() => bench.Device.Fill.Assign(target.Slice, value));
        bench.Expect(target, ReferenceFill.Assign(members, length, value), 0);
    }

    [ConformanceTheory(UsesProducts = false)]
    [InlineData(1)]
    [InlineData(3)]
    public void Fill_assigns_a_whole_intermediate_part_by_part(int members)
    {
        using Workbench bench = Open(new ImageCase(1, 50, 1, 1, members, 0, 111));
        Tensor vector = bench.Transient(TensorShape.Vector(1, 50));
        Operand y = bench.Output(TensorShape.Vector(1, 50));
        bench.RunAsPlan(() =>
        {
            // The second part overlaps the first, and the last is assigned twice.
            bench.Device.Fill.Assign(new Slice(vector, 0, 20), 1);
            bench.Device.Fill.Assign(new Slice(vector, 15, 15), 2);
            bench.Device.Fill.Assign(new Slice(vector, 30, 20), 3);
            bench.Device.Fill.Assign(new Slice(vector, 30, 20), 4);
            bench.Device.LinearCombination.Copy(vector, y.Tensor);
        });
        var expected = new DoubleTensor(y.Values.Shape);
        for (int i = 0; i < expected.Values.Length; i++)
            expected.Values[i] = (i % 50) switch { < 15 => 1, < 30 => 2, _ => 4 };
        bench.Expect(y, expected, 0);
    }

    /// <summary>
    /// A gradient that is an intermediate of the plan, of which layers sum some parts and calls fill the others. A device may keep it
    /// anywhere; the step after them must read what each of them wrote, from parts that began as NaN.
    /// </summary>
    [ConformanceTheory]
    [MemberData(nameof(FilledGradients))]
    public void A_step_reads_the_parts_of_a_gradient_that_are_summed_and_those_that_are_filled(int samples, int members, FillOrder order)
    {
        const float value = 0.25f;
        ConvolutionShape shape = FilledGradient.Convolution;
        var testCase = new ConvolutionCase(shape.InputChannels, shape.OutputChannels, shape.Height, shape.Width, shape.KernelSize,
            shape.Padding, samples, members, 1, 120 + samples);
        using Workbench bench = Open(testCase);
        (Operand images, Operand mapsCotangent) = (bench.Input(Images(testCase)), bench.Input(Maps(testCase)));
        (Operand features, Operand logitsCotangent) = (bench.Input(new TensorShape(1, samples, FilledGradient.Inputs)),
            bench.Input(new TensorShape(1, samples, FilledGradient.Outputs)));
        Operand rate = bench.Input(DoubleTensor.FromFloats(TensorShape.Vector(1, 1), [0.05f]));
        Operand parameters = bench.Updated(bench.Random.Vector(members, FilledGradient.Length), "parameters");
        Operand velocity = bench.Updated(bench.Random.Vector(members, FilledGradient.Length), "velocity");
        Tensor gradient = bench.Transient(TensorShape.Vector(1, FilledGradient.Length));
        bench.RunAsPlan(() =>
        {
            FilledGradient.Record(bench.Device, order, (images.Tensor, mapsCotangent.Tensor), (features.Tensor, logitsCotangent.Tensor),
                gradient, value);
            bench.Device.Sgd.Step(parameters.Tensor, velocity.Tensor, gradient, rate.Tensor, 0.9f);
        });
        DoubleTensor expected = FilledGradient.Join(
            members, ReferenceConvolution.BackwardFilter(members, shape, images.Values, mapsCotangent.Values),
            ReferenceMatrixProduct.BackwardWeight(members, features.Values, logitsCotangent.Values), value);
        (DoubleTensor theta, DoubleTensor momentum) =
            ReferenceSgd.Step(parameters.Values, velocity.Values, expected, rate.Values, 0.9f);
        double tolerance = Math.Max(ConvolutionTolerance, ProductTolerance);
        bench.Expect(parameters, theta, tolerance);
        bench.Expect(velocity, momentum, tolerance);
    }
}
