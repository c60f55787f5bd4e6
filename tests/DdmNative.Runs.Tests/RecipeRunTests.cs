using DdmNative.Attribution.Formats;
using DdmNative.Compute.Cpu;
using DdmNative.Runs.Jobs;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>Runs whose training has every option.</summary>
public sealed class RecipeRunTests : IDisposable
{
    private static readonly Job Job = new()
    {
        Seed = 3,
        Data = new JobData { Source = "generated:classes=3,per-class=12,test-per-class=6,size=8,clusters=2,seed=1" },
        Network = new JobNetwork { Width = 4, Depth = 2 },
        Training = new JobTraining
        {
            BatchSize = 12,
            Epochs = 4,
            LearningRate = 0.05f,
            WeightDecay = 5e-3f,
            Nesterov = true,
            Schedule = JobChoices.OneCycle,
            LabelSmoothing = 0.1f,
            Crop = 2,
            Flip = true,
        },
        Groups = new JobGroups { PerClass = 2 },
        Matching = new JobMatching { Steps = 3 },
        Attribution = new JobAttribution { Methods = ["repair", "head", "controlled-replay"] },
        Validation = new JobValidation { Groups = 2, Baselines = true },
    };

    private readonly string _folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Stopped in the middle of the training, of the retraining and of all else, again and again.</summary>
    [Fact]
    public void A_run_that_is_stopped_goes_on_to_the_same_files()
    {
        Run("whole", Job);
        // Finished stages report too, so each attempt gets one sign more than the one before.
        int interruptions = Interruptions.Repeat(
            (before, stop) => Run("stopped", Job, new StoppingListener(7 + before, stop), stop.Token));

        Assert.True(interruptions > 3, $"{interruptions}");
        RunBytes.AssertSame(Path.Combine(_folder, "whole"), Path.Combine(_folder, "stopped"));
    }

    [Fact]
    public void A_crop_that_can_leave_nothing_of_an_image_is_refused_before_anything_is_made()
    {
        var error = Assert.Throws<BadInputException>(() => Run("refused", Job with { Training = Job.Training with { Crop = 8 } }));

        Assert.Equal("training.crop", error.JobField);
        Assert.Contains("at most 7 for images of 8×8 pixels", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "refused")));
    }

    private void Run(string name, Job job, IRunListener? listener = null, CancellationToken stop = default)
    {
        using var device = new CpuDevice(2);
        Runner.Run(Path.Combine(_folder, name), job, RunGoal.Validate, new RunSettings { Wave = 2 }, device, listener
            ?? new RecordingListener(), stop);
    }
}
