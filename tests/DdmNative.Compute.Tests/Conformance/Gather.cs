using DdmNative.Compute.Tests.Reference;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Gather_picks_exactly_the_indexed_samples(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        int sources = 1 + bench.Random.Below(20);
        Operand source = bench.Input(testCase.Shape.WithSamples(sources));
        var picked = new DoubleTensor(new TensorShape(testCase.Seed % 2 == 0 ? 1 : testCase.Members, testCase.Samples, 1));
        for (int i = 0; i < picked.Values.Length; i++)
            picked.Values[i] = bench.Random.Below(sources);
        (Operand indices, Operand y) = (bench.Input(picked), bench.Output(testCase.Shape));
        bench.Run(() => bench.Device.Gather.Samples(source.Tensor, indices.Tensor, y.Tensor));
        bench.Expect(y, ReferenceGather.Samples(bench.Members, source.Values, indices.Values), 0);
    }

    [ConformanceFact(UsesProducts = false)]
    public void A_recorded_gather_reads_the_indices_of_the_moment()
    {
        Device device = owner.Get(CreateDevice);
        using Tensor source = device.Upload(new TensorShape(1, 3, 1), [10, 20, 30]);
        using Tensor indices = device.Upload(new TensorShape(1, 2, 1), [0, 2]);
        using Tensor y = device.Allocate(new TensorShape(2, 2, 1));
        using IPlan plan = device.Record("gather", () => device.Gather.Samples(source, indices, y));
        plan.Run();
        Assert.Equal([10f, 30, 10, 30], y.ToArray());
        indices.Upload([1, 1]);
        plan.Run();
        Assert.Equal([20f, 20, 20, 20], y.ToArray());
    }
}
