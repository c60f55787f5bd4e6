using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Online;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Runs.Tests.Checkpoints;
using DdmNative.Compute.Cpu;
using DdmNative.Runs.Summaries;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>Runs about a network that was trained elsewhere.</summary>
public sealed class ImportedTargetTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CpuDevice _device = new(2);

    /// <summary>Takes the place of the checkpoint's own training: its steps are the job's.</summary>
    private static readonly Job Tiny = new()
    {
        Data = new JobData { Source = "generated:classes=3,per-class=10,test-per-class=6,size=8,clusters=2" },
        Training = new JobTraining { BatchSize = 8, Epochs = 3 },
        Groups = new JobGroups { PerClass = 2 },
        Matching = new JobMatching { Steps = 3 },
    };

    private static string FromPyTorch => CheckpointFileTests.Golden("checkpoint_sequential.safetensors");

    public void Dispose()
    {
        _device.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void What_needs_only_the_model_works_on_a_network_from_PyTorch()
    {
        Job job = Of(FromPyTorch, "repair", "push", "forget", "head", "block:2", "feature", "grad-dot", "influence", "trak:models=1",
            "ddm:mode=repair:steps=3");
        job = job with { Attribution = job.Attribution with { ReferenceGroups = 0 } };

        RunSummary summary = Run("run", job with { Unlearning = new JobUnlearning { Forget = ["class=1,cluster=0"], Method = "repair" } },
            RunGoal.Everything);

        Assert.Equal(10, summary.Methods.Count);
        RunRecord record = RunFolder.Peek(_folder.File("run"))!;
        Assert.Equal(new JobNetwork { Width = 4, Depth = 2 }, record.Job.Network);
        Assert.Equal(Safetensors.Read(FromPyTorch).Tensors.Single(tensor => tensor.Name == "9.bias").Data,
            Safetensors.Read(Path.Combine(_folder.File("run"), "target.safetensors")).Tensor("head.bias", 3).Data);
        double[] all = Npz.Read(Path.Combine(_folder.File("run"), "attribution.npz")).Elements<double>("matrices");
        int length = all.Length / 10;
        Assert.Equal(all[..length], all[^length..]); // repair, twice
        Assert.Equal(1, summary.Unlearned!["forgotten_groups"]);
    }

    [Theory]
    [InlineData("controlled-replay")]
    [InlineData("replay")]
    [InlineData("repair", "replay:1")]
    public void What_needs_the_training_says_so_before_anything_is_done(params string[] methods)
    {
        var error = Assert.Throws<MissingTrajectoryException>(() => Run("run", Of(FromPyTorch, methods), RunGoal.Attribute));

        Assert.Contains("--trajectory", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("run")));
    }

    [Theory]
    [InlineData("tracin")]
    [InlineData("ddm:mode=replay:steps=3")]
    public void A_method_of_the_suite_that_needs_the_training_says_so(string method)
        => Assert.Throws<MissingTrajectoryException>(() => Run("run", Of(FromPyTorch, method), RunGoal.Attribute));

    [Fact]
    public void A_target_with_its_trajectory_gives_the_bits_of_the_run_that_it_comes_from()
    {
        string[] methods = ["controlled-replay", "replay", "head", "tracin"];
        Job own = Tiny with { Network = new JobNetwork { Width = 4, Depth = 2 }, Attribution = new JobAttribution { Methods = methods } };
        Run("own", own, RunGoal.Attribute);
        string folder = _folder.File("own");
        Job job = Of(Path.Combine(folder, "target.safetensors"), methods);

        Run("again", job with { Target = job.Target! with { Trajectory = Path.Combine(folder, "trajectory") } }, RunGoal.Attribute);

        foreach (string file in new[] { "attribution.npz", "target.safetensors", "groups.csv" })
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder, file)), File.ReadAllBytes(Path.Combine(_folder.File("again"), file)));
    }

    [Fact]
    public void A_trajectory_of_another_training_is_refused()
    {
        Run("own", Tiny with { Network = new JobNetwork { Width = 4, Depth = 2 } }, RunGoal.Train);
        string target = Path.Combine(_folder.File("own"), "target.safetensors"),
            trajectory = Path.Combine(_folder.File("own"), "trajectory");

        Refused(Of(target) with { Target = new JobTarget { File = target, Trajectory = trajectory },
            Training = new JobTraining { BatchSize = 8, Epochs = 4 } }, "the steps of the training");
        Refused(Of(FromPyTorch) with { Target = new JobTarget { File = FromPyTorch, Trajectory = trajectory } },
            "parameters that differ from the target's");
        Refused(Of(target) with { Target = new JobTarget { File = target, Trajectory = _folder.File("nowhere") } }, "no such folder");
        File.Delete(Path.Combine(trajectory, "step-000000.safetensors"));
        Refused(Of(target) with { Target = new JobTarget { File = target, Trajectory = trajectory } }, "step 0");
    }

    [Fact]
    public void A_job_that_says_another_network_is_refused()
    {
        Refused(Of(FromPyTorch) with { Network = new JobNetwork { Width = 5 } }, "network.width");
        Refused(Of(FromPyTorch) with { Network = new JobNetwork { Architecture = "mlp" } }, "network.architecture");
        Refused(Of(FromPyTorch, "block:3"), "block:1 to block:2");
    }

    [Fact]
    public void The_normalisation_is_the_jobs_else_the_files_else_the_datas()
    {
        Run("measured", Of(FromPyTorch), RunGoal.Train);
        Run("given", Of(FromPyTorch) with { Data = Tiny.Data with { Mean = [0.25], Std = [0.5] } }, RunGoal.Train);
        Run("handed on", Of(Path.Combine(_folder.File("given"), "target.safetensors")), RunGoal.Train);
        Run("given again", Of(Path.Combine(_folder.File("given"), "target.safetensors"))
            with { Data = Tiny.Data with { Mean = [0], Std = [1] } }, RunGoal.Train);

        Assert.NotEqual(0.25, NormalizationOf("measured").Mean[0]);
        Assert.Equal((0.25, 0.5), (NormalizationOf("given").Mean[0], NormalizationOf("given").Std[0]));
        Assert.Equal((0.25, 0.5), (NormalizationOf("handed on").Mean[0], NormalizationOf("handed on").Std[0]));
        Assert.Equal((0.0, 1.0), (NormalizationOf("given again").Mean[0], NormalizationOf("given again").Std[0]));
        Refused(Of(FromPyTorch) with { Data = Tiny.Data with { Mean = [0.1, 0.2], Std = [1, 1] } }, "data.mean");
    }

    [Fact]
    public void Tiny_ImageNets_layout_trains_a_network_of_depth_4()
    {
        string data = _folder.File("tiny-imagenet-200");
        (Dataset train, Dataset test) = GeneratedDataset.Make(
            GeneratedOptions.Parse("generated:classes=3,per-class=4,test-per-class=2,channels=3,size=64,clusters=1"));
        string[] classes = ["n01443537", "n01629819", "n02002724"];
        for (int n = 0; n < train.Count; n++)
            Draw(train, n, Path.Combine(data, "train", classes[train.Labels[n]], "images", $"{classes[train.Labels[n]]}_{n}.png"));
        for (int n = 0; n < test.Count; n++)
            Draw(test, n, Path.Combine(data, "val", "images", $"val_{n}.png"));
        File.WriteAllLines(Path.Combine(data, "val", "val_annotations.txt"),
            Enumerable.Range(0, test.Count).Select(n => $"val_{n}.png\t{classes[test.Labels[n]]}\t0\t32\t44\t62"));
        Draw(test, 0, Path.Combine(data, "test", "images", "test_0.png"));

        RunSummary summary = Run("tiny", Tiny with
        {
            Data = new JobData { Source = data }, Network = new JobNetwork { Width = 4, Depth = 4 },
            Training = new JobTraining { BatchSize = 8, Epochs = 1 }, Groups = new JobGroups { PerClass = 1 },
            Attribution = new JobAttribution { Methods = ["head"] },
        }, RunGoal.Attribute);

        DataRecord used = RunFolder.Peek(_folder.File("tiny"))!.Data!;
        Assert.Equal((12, 6, 3, 3, 64, 64), (used.Train, used.Test, used.Classes, used.Channels, used.Height, used.Width));
        Assert.Single(summary.Methods);
    }

    private static void Draw(Dataset data, int n, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var picture = new Picture(data.Height, data.Width, data.Channels, 0);
        picture.Draw(data.Image(n), data.Height, data.Width, 0, 0);
        PngWriter.Save(path, picture.Pixels, data.Height, data.Width, data.Channels);
    }

    private static Job Of(string file, params string[] methods)
        => Tiny with { Target = new JobTarget { File = file }, Attribution = methods.Length == 0
            ? new JobAttribution() : new JobAttribution { Methods = methods } };

    private DataRecord NormalizationOf(string run) => RunFolder.Peek(_folder.File(run))!.Data!;

    private RunSummary Run(string name, Job job, RunGoal goal)
        => Runner.Run(_folder.File(name), job, goal, new RunSettings(), _device, new RecordingListener(), default);

    private void Refused(Job job, string says)
        => Assert.Contains(says, Assert.Throws<BadInputException>(() => Run("refused", job, RunGoal.Attribute)).Message,
            StringComparison.Ordinal);
}
