using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Runs.Tests.Checkpoints;
using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>What a run remembers of where its inputs lie, and what it is told of it later.</summary>
public sealed class InputPlacesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CpuDevice _device = new(1);

    public void Dispose()
    {
        _device.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_run_remembers_absolute_paths_and_does_nothing_anew_for_them()
    {
        Job typed = Relative(MakeJob());
        Run(typed, RunGoal.Attribute);

        Job kept = RunFolder.Peek(_folder.File("run"))!.Job;
        Assert.Equal((_folder.File("data"), _folder.File("model.safetensors"), _folder.File("map.json"), _folder.File("groups.csv")),
            (kept.Data.Source, kept.Target!.File, kept.Target.NameMap, kept.Groups.File));
        Assert.Empty(Run(kept, RunGoal.Attribute).Begun);
        Assert.Empty(Run(typed, RunGoal.Attribute).Begun);
    }

    [Fact]
    public void A_run_that_remembers_relative_paths_goes_on()
    {
        Job typed = Relative(MakeJob());
        Run(typed, RunGoal.Train);
        using (var run = RunFolder.Open(_folder.File("run")))
            run.Save(run.Record! with { Job = run.Record.Job with { Data = typed.Data, Target = typed.Target, Groups = typed.Groups } });

        Assert.DoesNotContain("train", Run(RunFolder.Peek(_folder.File("run"))!.Job, RunGoal.Attribute).Begun);
    }

    [Fact]
    public void A_report_is_told_where_everything_is_now()
    {
        Run(MakeJob(), RunGoal.Attribute);
        foreach (string name in new[] { "model.safetensors", "map.json", "groups.csv" })
            File.Move(_folder.File(name), _folder.File("new-" + name));
        Directory.Move(_folder.File("data"), _folder.File("new-data"));
        var places = new InputPlaces { Data = _folder.File("new-data"), Target = _folder.File("new-model.safetensors"),
            NameMap = _folder.File("new-map.json"), Groups = _folder.File("new-groups.csv") };

        Assert.Contains("--data",
            Assert.Throws<BadInputException>(() => Runner.WriteReport(_folder.File("run"), new InputPlaces())).Message,
            StringComparison.Ordinal);
        Assert.Contains("no recorded training",
            Assert.Throws<BadInputException>(() => Runner.WriteReport(_folder.File("run"), places with { Trajectory = "x" })).Message,
            StringComparison.Ordinal);
        Runner.WriteReport(_folder.File("run"), places);
        Runner.WriteReport(_folder.File("run"), new InputPlaces());

        Assert.Equal(_folder.File("new-data"), RunFolder.Peek(_folder.File("run"))!.Job.Data.Source);
    }

    [Fact]
    public void A_report_of_other_data_is_refused()
    {
        Run(MakeJob(), RunGoal.Attribute);
        MakeData("other", 2);

        string message = Assert.Throws<BadInputException>(
            () => Runner.WriteReport(_folder.File("run"), new InputPlaces { Data = _folder.File("other") })).Message;

        Assert.Contains("the run's data (", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_of_data_stay_names()
        => Assert.Equal("generated:classes=2",
            InputPlaces.Absolute(new Job { Data = new JobData { Source = "generated:classes=2" } }).Data.Source);

    [Fact]
    public void Where_inputs_lie_is_no_difference_between_jobs()
    {
        Job first = MakeJob();

        Assert.Null(JobDifference.Between(first, Relative(first)));
        Assert.Equal("$.job.target.name_map",
            JobDifference.Between(first, first with { Target = first.Target! with { NameMap = null } })!.Field);
    }

    private static Job Relative(Job job)
    {
        string Of(string path) => Path.GetRelativePath(Environment.CurrentDirectory, path);
        return job with
        {
            Data = job.Data with { Source = Of(job.Data.Source) },
            Target = job.Target! with { File = Of(job.Target.File), NameMap = Of(job.Target.NameMap!) },
            Groups = job.Groups with { File = Of(job.Groups.File!) },
        };
    }

    private RecordingListener Run(Job job, RunGoal goal)
    {
        var listener = new RecordingListener();
        Runner.Run(_folder.File("run"), job, goal, new RunSettings(), _device, listener, CancellationToken.None);
        return listener;
    }

    /// <summary>A job with every input that may lie somewhere.</summary>
    private Job MakeJob()
    {
        Dataset train = MakeData("data", 1);
        File.Copy(CheckpointFileTests.Golden("checkpoint_sequential.safetensors"), _folder.File("model.safetensors"));
        _folder.Write("map.json",
            """
            {
              "0.weight": "blocks.0.conv.weight", "0.bias": "blocks.0.conv.bias",
              "1.weight": "blocks.0.norm.weight", "1.bias": "blocks.0.norm.bias",
              "4.weight": "blocks.1.conv.weight", "4.bias": "blocks.1.conv.bias",
              "5.weight": "blocks.1.norm.weight", "5.bias": "blocks.1.norm.bias",
              "9.weight": "head.weight", "9.bias": "head.bias"
            }
            """u8.ToArray());
        File.WriteAllLines(_folder.File("groups.csv"), ["sample,group", .. Enumerable.Range(0, train.Count).Select(n => $"{n},g{n % 2}")]);
        return new Job
        {
            Data = new JobData { Source = _folder.File("data") },
            Target = new JobTarget { File = _folder.File("model.safetensors"), NameMap = _folder.File("map.json") },
            Training = new JobTraining { BatchSize = 8, Epochs = 2 },
            Groups = new JobGroups { File = _folder.File("groups.csv") },
            Attribution = new JobAttribution { Methods = ["grad-dot"], Samples = JobAttribution.NoSamples, ReferenceGroups = 0 },
        };
    }

    private Dataset MakeData(string name, int seed)
    {
        (Dataset train, Dataset test) = GeneratedDataset.Make(
            GeneratedOptions.Parse($"generated:classes=3,per-class=8,test-per-class=4,size=8,clusters=2,seed={seed}"));
        Directory.CreateDirectory(_folder.File(name));
        foreach ((Dataset data, string file) in new[] { (train, "train.npz"), (test, "test.npz") })
        {
            Npz.Write(Path.Combine(_folder.File(name), file),
                ("x", new NpyArray(data.Images.Select(value => (byte)(255 * value)).ToArray(), data.Count, 8, 8)),
                ("y", new NpyArray(data.Labels.ToArray(), data.Count)));
        }

        return train;
    }
}
