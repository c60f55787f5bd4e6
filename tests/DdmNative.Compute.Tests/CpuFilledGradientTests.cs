using DdmNative.Compute.Contracts;
using DdmNative.Compute.Cpu;
using DdmNative.Compute.Tests.Conformance;
using Xunit;

namespace DdmNative.Compute.Tests;

/// <summary>
/// A gradient of which a plan sums some parts and fills others, wherever the plan keeps it: in a thread's workspace if one thread takes a
/// member through all phases, otherwise in its own memory. Both hold NaN before the run.
/// </summary>
public sealed class CpuFilledGradientTests
{
    private const int Threads = 3;
    private const float Value = -0.5f;

    public static TheoryData<int, int, FillOrder> Cases
    {
        get
        {
            var data = new TheoryData<int, int, FillOrder>();
            foreach (FillOrder order in Enum.GetValues<FillOrder>())
                foreach (int samples in (int[])[1, 5, 40])
                    foreach (int members in (int[])[1, 8])
                        data.Add(samples, members, order);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_step_has_the_same_bits_wherever_the_gradient_is(int samples, int members, FillOrder order)
    {
        int[] seeds = [.. Enumerable.Range(1, members)];
        float[] expected = Train(1, samples, seeds, order, isTransient: false);
        Assert.All(expected, value => Assert.True(float.IsFinite(value)));
        for (int threads = 1; threads <= Threads; threads++)
            Assert.Equal(expected, Train(threads, samples, seeds, order, isTransient: true));
        Assert.Equal(expected[^(expected.Length / members)..], Train(2, samples, [seeds[^1]], order, isTransient: true));
    }

    /// <summary>The filled parts are together as long as the vector, but they overlap.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_part_that_nothing_writes_is_zero(int members)
    {
        using var device = new CpuDevice(2);
        TensorShape vector = TensorShape.Vector(members, 15);
        using Tensor gradient = device.AllocateTransient(vector), result = device.Allocate(vector);
        using IPlan plan = device.Record("fill", () =>
        {
            device.Fill.Assign(new Slice(gradient, 0, 10), 1);
            device.Fill.Assign(new Slice(gradient, 3, 5), 2);
            device.LinearCombination.Copy(gradient, result);
        });
        using Tensor other = device.Allocate(vector);
        Poison(device, other);
        plan.Run();
        float[] expected = [1, 1, 1, 2, 2, 2, 2, 2, 1, 1, 0, 0, 0, 0, 0];
        Assert.Equal(Enumerable.Repeat(expected, members).SelectMany(values => values), result.ToArray());
    }

    /// <summary>Two steps, with one member for every seed; returns the parameters.</summary>
    private static float[] Train(int threads, int samples, int[] seeds, FillOrder order, bool isTransient)
    {
        using var device = new CpuDevice(threads);
        int members = seeds.Length;
        ConvolutionShape shape = FilledGradient.Convolution;
        TensorShape vector = TensorShape.Vector(members, FilledGradient.Length);
        using Tensor images = Shared(new TensorShape(1, samples, shape.InputChannels, shape.Height, shape.Width));
        using Tensor features = Shared(new TensorShape(1, samples, FilledGradient.Inputs));
        using Tensor mapsCotangent = Own(new TensorShape(members, samples, shape.OutputChannels, shape.OutputHeight, shape.OutputWidth));
        using Tensor logitsCotangent = Own(new TensorShape(members, samples, FilledGradient.Outputs));
        using Tensor parameters = Own(vector), velocity = device.Allocate(vector), rate = Shared(TensorShape.Vector(1, 1));
        using Tensor gradient = isTransient ? device.AllocateTransient(vector) : device.Allocate(vector);
        using IPlan plan = device.Record("step", () =>
        {
            FilledGradient.Record(device, order, (images, mapsCotangent), (features, logitsCotangent), gradient, Value);
            device.Sgd.Step(parameters, velocity, gradient, rate, 0.9f);
        });
        for (int step = 0; step < 2; step++)
        {
            Poison(device, gradient);
            plan.Run();
        }
        return parameters.ToArray();

        Tensor Shared(TensorShape of) => device.Upload(of, Values(of, 100));

        Tensor Own(TensorShape of) => device.Upload(of, [.. seeds.SelectMany(seed => Values(of.WithMembers(1), 200 + seed))]);
    }

    /// <summary>Fills the tensor's own memory with NaN, and every thread's workspace.</summary>
    private static void Poison(CpuDevice device, Tensor tensor)
    {
        const int length = 100_000;
        device.Fill.Assign(tensor.AsSlice(), float.NaN);
        TensorShape shape = TensorShape.Vector(8 * device.Threads, length);
        using Tensor inWorkspace = device.AllocateTransient(shape), result = device.Allocate(TensorShape.Vector(shape.Members, 1));
        using IPlan plan = device.Record("poison", () =>
        {
            device.Fill.Assign(inWorkspace.AsSlice(), float.NaN);
            device.Reduction.Dot(inWorkspace, inWorkspace, result);
        });
        plan.Run();
        Assert.All(result.ToArray(), value => Assert.True(float.IsNaN(value)));
    }

    private static float[] Values(TensorShape shape, int seed)
        => [.. new RandomValues(seed).Tensor(shape).Values.Select(value => (float)value)];
}
