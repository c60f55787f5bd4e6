using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;
using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Attribution.Tests.Objectives;

public sealed class ModelEvaluatorTests : IDisposable
{
    private readonly CpuDevice _device = new(1);
    private readonly Network _network = Network.Create(NetworkOptions.ConvNet(new ImageShape(1, 8, 8), classes: 3, width: 4, depth: 2));
    private readonly Dataset _data = GeneratedDataset.Make(
        new GeneratedOptions { Classes = 3, PerClass = 1, TestPerClass = 100, Size = 8 }).Test;

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Neither_waves_nor_chunks_change_a_bit()
    {
        float[] parameters = [.. Enumerable.Range(1, 5).SelectMany(seed => _network.Initialise((ulong)seed))];
        using var inWaves = new ModelEvaluator(_device, _network, _data.Images, _data.Count, wave: 2); // 300 samples: two chunks
        float[] logits = inWaves.Logits(parameters, 5);
        for (int e = 0; e < 5; e++)
        {
            foreach (int n in (int[])[0, 149, 150, 299])
            {
                using var alone = new ModelEvaluator(_device, _network, _data.Image(n), 1);
                Assert.Equal(alone.Logits(_network.Initialise((ulong)(e + 1)), 1), logits.AsSpan((e * 300 + n) * 3, 3).ToArray());
            }
        }
    }

    [Fact]
    public void Chunks_that_reach_beyond_the_end_do_not_spill()
    {
        Dataset odd = _data.Select([.. Enumerable.Range(0, 257)]); // two chunks of 129
        using var some = new ModelEvaluator(_device, _network, odd.Images, 257);
        using var all = new ModelEvaluator(_device, _network, _data.Images, 300);
        Assert.Equal(all.Logits(_network.Initialise(1), 1)[..(257 * 3)], some.Logits(_network.Initialise(1), 1));
    }

    [Fact]
    public void Counterfactuals_keep_the_reference_and_the_order_of_the_models()
    {
        float[] a = _network.Initialise(1), b = _network.Initialise(2), c = _network.Initialise(3);
        using var evaluator = new ModelEvaluator(_device, _network, _data.Images, _data.Count);
        CounterfactualLogits found = evaluator.Counterfactuals([[4], [2, 6]], a, [.. b, .. c]);
        Assert.Equal(evaluator.Logits(a, 1), found.Reference);
        Assert.Equal(evaluator.Logits(c, 1), found.Model(1).ToArray());
        Assert.Equal([2, 6], found.LeftOut[1]);
    }

    [Fact]
    public void Wrong_numbers_of_images_or_parameters_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new ModelEvaluator(_device, _network, new float[65], 1));
        using var evaluator = new ModelEvaluator(_device, _network, new float[64], 1);
        Assert.Throws<ArgumentException>(() => evaluator.Logits(_network.Initialise(1), 2));
    }
}
