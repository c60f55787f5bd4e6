using System.Text.Json;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Training;
using DdmNative.Runs.Jobs;
using Xunit;

namespace DdmNative.Runs.Tests;

public sealed class JobTrainingTests
{
    private static readonly JobTraining Whole = new()
    {
        LearningRate = 0.5f,
        Momentum = 0.85f,
        BatchSize = 128,
        Epochs = 16,
        WeightDecay = 5e-4f,
        Nesterov = true,
        Schedule = "one-cycle",
        Warmup = 0.25f,
        LabelSmoothing = 0.1f,
        Crop = 2,
        Flip = true,
    };

    [Fact]
    public void Every_field_reaches_the_trainer()
        => Assert.Equal(
            new TrainingOptions(0.5f, 0.85f, 128, 16, Seed: 7)
            {
                WeightDecay = 5e-4f,
                Nesterov = true,
                Schedule = LearningRateShape.OneCycle,
                Warmup = 0.25f,
                LabelSmoothing = 0.1f,
                Crop = 2,
                Flip = true,
            },
            Whole.ToOptions(seed: 7));

    [Fact]
    public void Without_fields_the_training_is_the_trainers_own()
        => Assert.Equal(new TrainingOptions(Seed: 3), new JobTraining().ToOptions(3));

    /// <summary>What the keys of stages were made of before the options existed, so that no target is trained again.</summary>
    [Fact]
    public void Options_at_their_defaults_do_not_change_a_key()
        => Assert.Equal(Fingerprint.Of(new { LearningRate = 0.03f, Momentum = 0.9f, BatchSize = 64, Epochs = 8 }),
            Fingerprint.Of(new JobTraining { LearningRate = 0.03f }.Keyed()));

    /// <summary>Field by field, so that none is forgotten, also one that is added later.</summary>
    [Fact]
    public void Every_option_that_is_set_changes_the_key()
    {
        string plain = Fingerprint.Of(new JobTraining().Keyed());
        var set = JsonSerializer.SerializeToNode(Whole, JobFile.Options)!.AsObject();
        foreach (string name in set.Select(field => field.Key))
        {
            var one = JsonSerializer.SerializeToNode(new JobTraining(), JobFile.Options)!.AsObject();
            one[name] = set[name]!.DeepClone();
            Assert.True(plain != Fingerprint.Of(one.Deserialize<JobTraining>(JobFile.Options)!.Keyed()), name);
        }
    }
}
