using DdmNative.Compute.Contracts;
using DdmNative.Compute.Cpu;
using DdmNative.Compute.Tests.Conformance;
using Xunit;

namespace DdmNative.Compute.Tests;

/// <summary>A loop of plans allocates nothing, so that no step is delayed by a garbage collection.</summary>
public sealed class CpuAllocationTests
{
    private const int Samples = 19;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(1, 2)]
    [InlineData(4, 2)]
    public void A_run_of_a_plan_allocates_nothing(int members, int threads)
    {
        using var device = new CpuDevice(threads);
        var images = new TensorShape(1, Samples, ChainNetwork.Channels, ChainNetwork.Height, ChainNetwork.Width);
        var labels = new TensorShape(1, Samples, ChainNetwork.Classes);
        TensorShape vector = TensorShape.Vector(members, ChainNetwork.ParameterCount);
        using Tensor x = Filled(device, images), q = Filled(device, labels), parameters = Filled(device, vector),
            target = Filled(device, vector);
        using Tensor velocity = device.Allocate(vector), weights = Filled(device, new TensorShape(1, Samples, 1)),
            rate = device.Allocate(TensorShape.Vector(1, 1));
        using Tensor gradient = device.AllocateTransient(vector), direction = device.AllocateTransient(vector),
            distance = device.Allocate(TensorShape.Vector(members, 1));
        using Tensor imagesTangent = device.AllocateTransient(images.WithMembers(members));
        var chain = new DeviceChain(device, Samples, shape => device.AllocateTransient(shape.WithMembers(members)));
        ParameterBlock[] blocks = [new(0, 1, ChainNetwork.WeightOffset, true),
            new(ChainNetwork.WeightOffset, 1, ChainNetwork.ParameterCount - ChainNetwork.WeightOffset, false)];
        using IPlan plan = device.Record("matching and training", () =>
        {
            chain.Forward(parameters, x);
            chain.Backward(parameters, x, q, weights, gradient, null);
            foreach (GradientDistanceKind kind in Enum.GetValues<GradientDistanceKind>())
                device.GradientDistance.Evaluate(kind, blocks, gradient, target, distance, direction);
            chain.ForwardTangent(parameters, direction, x);
            chain.BackwardTangent(parameters, direction, x, q, weights, null, imagesTangent);
            device.Sgd.Step(parameters, velocity, gradient, rate, 0.9f);
        });
        var step = new float[1];
        for (int run = 0; run < 3; run++)
            Step();
        // The first time that the thread blocks on a lock, which happens only on a busy machine, the runtime allocates once.
        int allocating = 0;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int run = 0; run < 20; run++)
                Step();
            if (GC.GetAllocatedBytesForCurrentThread() != before)
                allocating++;
        }

        Assert.InRange(allocating, 0, threads == 1 ? 0 : 1);

        void Step()
        {
            rate.Upload(step);
            plan.Run();
        }
    }

    private static Tensor Filled(Device device, TensorShape shape)
        => device.Upload(shape, [.. new RandomValues(1).Tensor(shape).Values.Select(value => (float)value)]);
}
