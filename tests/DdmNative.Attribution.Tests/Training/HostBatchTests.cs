using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Datasets.Rows;
using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Tests.Datasets.Rows;
using DdmNative.Attribution.Training;
using DdmNative.Compute;
using Xunit;

namespace DdmNative.Attribution.Tests.Training;

/// <summary>Batches that the host reads have the bits of batches that the device gathers.</summary>
public sealed class HostBatchTests : IDisposable
{
    private readonly SmallProblem _problem = new(threads: 2);

    private ImageShape Image => _problem.Network.Input;

    private Dataset Train => _problem.Train;

    public void Dispose() => _problem.Dispose();

    [Fact]
    public void Only_large_rows_stay_on_the_host()
    {
        using var large = SampleSource.Create(_problem.Device, new HostRows(Train.Rows), Image);
        using var small = SampleSource.Create(_problem.Device, new SelectedRows(Train.Rows, [2, 0]), Image);

        Assert.Null(large.Tensor);
        Assert.Equal(new TensorShape(1, 2, 1, 8, 8), small.Tensor!.Shape);
        Assert.Equal([.. Train.Image(2), .. Train.Image(0)], small.Tensor.ToArray());
    }

    [Theory]
    [InlineData(1, 0, 0)]
    [InlineData(3, 0, 0)]
    [InlineData(1, 0.2f, 2)]
    [InlineData(3, 0.2f, 2)]
    public void Training_gives_the_same_bits(int stepsTogether, float labelSmoothing, int crop)
    {
        TrainingOptions recipe = _problem.Recipe with { LabelSmoothing = labelSmoothing, Crop = crop, Flip = crop > 0 };
        var labels = new HostRows(new LabelVectorRows(Train.Labels, Train.Classes, labelSmoothing));
        using var onDevice = TrainingSet.Create(_problem.Device, Train, labelSmoothing);
        using var onHost = TrainingSet.Create(_problem.Device, new HostRows(Train.Rows), Image, labels, labelSmoothing: labelSmoothing);

        Assert.Throws<InvalidOperationException>(() => onHost.Images);
        Assert.Throws<InvalidOperationException>(() => onHost.Labels);
        Assert.Equal(Trained(onDevice, recipe, stepsTogether), Trained(onHost, recipe, stepsTogether));
    }

    [Fact]
    public void Evaluation_and_frozen_features_give_the_same_bits()
    {
        float[] parameters = [.. _problem.Network.Initialise(1), .. _problem.Network.Initialise(2)];
        using var expected = new ModelEvaluator(_problem.Device, _problem.Network, Train);
        using var found = new ModelEvaluator(_problem.Device, _problem.Network, new HostRows(Train.Rows));
        float[] logits = expected.Logits(parameters, 2);
        Assert.Equal(logits, found.Logits(parameters, 2));

        var visited = new float[logits.Length];
        found.Visit(parameters, 2, (member, sample, z) => z.CopyTo(visited.AsSpan((member * Train.Count + sample) * 3)));
        Assert.Equal(logits, visited);
        float[] model = _problem.Network.Initialise(1);
        using LogitReader reader = found.Reader(model);
        Assert.Equal(logits[15..18], reader.Of(5).ToArray());
        Assert.Equal(logits[159..162], reader.Of(53).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = reader.Of(54); });

        FrozenFeatures Features(SampleRows rows)
            => FrozenFeatures.Compute(_problem.Device, _problem.Network, _problem.Network.HeadStart, model, rows);
        Assert.Equal(Features(Train.Rows).Values, Features(new HostRows(Train.Rows)).Values);
    }

    private float[] Trained(TrainingSet set, TrainingOptions recipe, int stepsTogether)
    {
        using var trainer = new EnsembleTrainer(_problem.Device, _problem.Network, set, recipe, members: 2,
            stepsTogether: stepsTogether);
        trainer.Run(_problem.Network.Initialise(3), (member, sample) => member == 1 && sample % 5 == 0);
        return trainer.Parameters;
    }
}
