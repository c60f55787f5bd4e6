using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Stages;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>The training images that made the target get test images wrong.</summary>
public sealed class MisclassifiedStageTests : IDisposable
{
    private const int Images = SmallRuns.Images;

    private readonly SmallRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void Effects_are_those_of_the_margin_at_the_granularity_sample()
    {
        _runs.Attribute("run", new JobAttribution { Methods = ["head"], Objectives = ["loss"], Samples = "tracin" });
        MisclassifiedFile file = MisclassifiedFile.Read(_runs.PathOf("run", MisclassifiedFile.Name));
        Assert.NotEmpty(file.Test);
        Assert.All(file.Test.Index(), image => Assert.NotEqual(file.Labels[image.Index], file.Predicted[image.Index]));
        Assert.Equal(file.Probability.OrderDescending(), file.Probability);
        Assert.All(file.Probability, probability => Assert.InRange(probability, 1.0 / 3, 1));

        _runs.Attribute("alone", new JobAttribution
        {
            Methods = ["tracin"], Objectives = [.. file.Test.Select(n => $"margin:sample={n}")], Granularity = "sample", Samples = "none",
        });

        NpzContents alone = _runs.Read("alone", "attribution.npz");
        Assert.Equal(alone.Elements<double>("matrix"), file.Effects.SelectMany(row => row));
        Assert.Equal(("tracin", Images), (file.Method, file.Effects[0].Length));
    }

    [Fact]
    public void Are_not_computed_for_a_job_without_effects_of_single_images()
    {
        _runs.Attribute("run", new JobAttribution { Methods = ["head"], Objectives = ["loss"], Samples = "none" });
        Assert.False(File.Exists(_runs.PathOf("run", MisclassifiedFile.Name)));
    }

    [Fact]
    public void A_second_run_computes_nothing_and_a_changed_file_is_made_again_with_the_same_bits()
    {
        var attribution = new JobAttribution { Methods = ["head"], Objectives = ["loss"] };
        _runs.Attribute("run", attribution);
        string path = _runs.PathOf("run", MisclassifiedFile.Name);
        byte[] first = File.ReadAllBytes(path);

        var again = new RecordingListener();
        _runs.Attribute("run", attribution, again);
        Assert.Empty(again.Begun);

        File.Delete(path);
        var repaired = new RecordingListener();
        _runs.Attribute("run", attribution, repaired);
        Assert.Equal([MisclassifiedStage.StageName], repaired.Begun);
        Assert.Equal(first, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_file_without_images_is_read_back()
    {
        string path = Path.GetTempFileName();
        new MisclassifiedFile("grad-dot", "nats", [], [], [], [], []).Write(path, samples: 7);
        Assert.Empty(MisclassifiedFile.Read(path).Effects);
        Assert.Equal([0, 7], Npz.Read(path)["matrix"].Shape);
        File.Delete(path);
    }

    [Fact]
    public void All_wrong_predictions_are_taken_where_they_are_few_the_most_confident_first()
    {
        // Labels 0, 1, 2; the second is right.
        float[] logits = [0, 1, 0, 0, 5, 0, 3, 0, 0];
        WrongPrediction[] chosen = WrongPredictions.Choose(logits, [0, 1, 2], most: 24);
        Assert.Equal([(2, 2, 0), (0, 0, 1)], chosen.Select(wrong => (wrong.Sample, wrong.Label, wrong.Predicted)));
        Assert.Equal(Math.Exp(3) / (Math.Exp(3) + 2), chosen[0].Probability, 1e-12);
    }

    [Fact]
    public void Of_many_each_pair_of_classes_gives_its_most_confident_in_turn()
    {
        // Six images of class 0 are taken for 1, ever more confidently; one of class 1 for 2, hardly; one of class 2 for 0.
        int[] labels = [0, 0, 0, 0, 0, 0, 1, 2];
        float[] logits = [.. Enumerable.Range(0, 6).SelectMany(i => new float[] { 0, 2 + i, 0 }), 0, 0, 0.5f, 1, 0, 0];
        WrongPrediction[] chosen = WrongPredictions.Choose(logits, labels, most: 4);
        Assert.Equal([5, 4, 7, 6], chosen.Select(wrong => wrong.Sample));
    }
}
