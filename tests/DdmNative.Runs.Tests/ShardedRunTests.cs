using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;
using DdmNative.Attribution.Sharding;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Compute.Cpu;
using DdmNative.Runs.Summaries;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>The run of a job with everything in it that shards share, done once by one process.</summary>
public sealed class WholeJob : IDisposable
{
    private readonly TempFolder _folder = new();

    public WholeJob()
    {
        Directory.CreateDirectory(Folder);
        ShardedRunTests.Run(Folder, ShardedRunTests.Job, new RunSettings());
        ShardedRunTests.Run(Prepared, ShardedRunTests.Job, new RunSettings(), RunGoal.Attribute);
    }

    public string Folder => _folder.File("whole");

    /// <summary>The same job up to the methods' effects.</summary>
    public string Prepared => _folder.File("prepared");

    public void Dispose() => _folder.Dispose();
}

/// <summary>Shards of a job, put together, are what one process makes of it.</summary>
public sealed class ShardedRunTests(WholeJob whole) : IClassFixture<WholeJob>, IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>Six groups; methods of every kind that is shared out, and of those that are not.</summary>
    internal static Job Job { get; } = new()
    {
        Seed = 3,
        Data = new JobData { Source = "generated:classes=3,per-class=12,test-per-class=6,size=8,clusters=2,seed=1" },
        Network = new JobNetwork { Width = 4, Depth = 2 },
        Training = new JobTraining { BatchSize = 12, Epochs = 2, LearningRate = 0.05f },
        Groups = new JobGroups { PerClass = 2 },
        Matching = new JobMatching { Steps = 2 },
        Attribution = new JobAttribution
        {
            Methods = ["repair", "forget", "head", "block:1", "all", "feature", "retrain", "finetune:epochs=1", "datamodel:subsets=6",
            "encoded-ensemble:members=4", "model-averaging:shards=3:deals=3",
                "untrac:steps=2", "trak:models=2:dim=8", "grad-dot", "loss"],
        },
        Validation = new JobValidation { Groups = 4, Seeds = 2, Baselines = true, Calibrate = 2 },
        Evaluation = new JobEvaluation { Subsets = 6, Predictions = 2, Percent = [20, 50], LabelNoise = 0.2 },
        Unlearning = new JobUnlearning { Groups = [1] },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [InlineData(8, true)]
    public void Shards_merge_to_the_bytes_of_the_unsharded_run(int count, bool prepared)
    {
        string[] shards = [.. Enumerable.Range(1, count).Select(index => Shard(index, count, prepared ? whole.Prepared : null))];

        RunSummary merged = Merge("merged", [.. shards.Reverse()]);

        RunBytes.AssertSame(whole.Folder, _folder.File("merged"));
        RunSummary one = RunFolder.Peek(whole.Folder)!.Summary!;
        Assert.Equal(one.RetrainedGroups, merged.RetrainedGroups);
        Assert.NotNull(merged.RetrainingSeconds);
        Assert.Equal(one.Methods.Select(method => method.Correlations), merged.Methods.Select(method => method.Correlations));
    }

    [Fact]
    public void Shards_of_an_evaluation_on_single_samples_merge_to_the_bytes_of_the_unsharded_run()
    {
        Job samples = Job with
        {
            Attribution = new JobAttribution { Methods = ["head", "retrain", "grad-dot"], ReferenceGroups = 0 },
            Evaluation = new JobEvaluation { Metrics = ["lds"], Subsets = 6, Predictions = 2, SubsetsOf = ["samples", "groups"],
                Keep = [0.5, 0.9] },
            Validation = new JobValidation(),
            Unlearning = null,
        };

        RunSummary merged = AssertMergesToTheSame(samples);

        Assert.Equal(RunFolder.Peek(_folder.File("one"))!.Summary!.Evaluation!.Lds, merged.Evaluation!.Lds);
    }

    /// <summary>Walks, the models that test them, and combinations of both.</summary>
    [Fact]
    public void Shards_of_an_attribution_by_the_adjoint_merge_to_the_bytes_of_the_unsharded_run()
    {
        Job adjoint = Job with
        {
            Attribution = new JobAttribution
            {
                Methods = ["adjoint", "adjoint:ensemble=2:keep=0.5", "auto:of=adjoint+grad-dot:models=4:probes=2"],
                ReferenceGroups = 0, Samples = "adjoint",
            },
            Evaluation = null,
            Validation = new JobValidation(),
            Unlearning = null,
        };

        AssertMergesToTheSame(adjoint);
    }

    [Fact]
    public void With_all_effects_prepared_the_merge_trains_nothing()
    {
        string[] shards = [.. Enumerable.Range(1, 3).Select(index => Shard(index, 3, whole.Prepared))];
        int before = Models(whole.Prepared), after = Models(whole.Folder);
        Assert.All(shards, shard => Assert.InRange(Models(shard) - before, (after - before) / 3 - 4, (after - before) / 3 + 4));
        Assert.Equal(after - before, shards.Sum(shard => Models(shard) - before));
        var listener = new RecordingListener();

        Merge("merged", shards, listener);

        Assert.Equal(after, Models(_folder.File("merged")));
        Assert.DoesNotContain(listener.Begun, stage => stage.StartsWith("online:", StringComparison.Ordinal)
            || stage is "train" or "baselines" or "unlearn" or "evaluate:mislabel");

        int Models(string run) => Directory.GetFiles(Path.Combine(run, "retrained"), "*.npz", SearchOption.AllDirectories).Length;
    }

    [Fact]
    public void Interrupted_shards_and_an_interrupted_merge_go_on_to_the_same_bytes_and_the_merge_leaves_the_shards_as_they_were()
    {
        string[] shards = [_folder.File("1"), _folder.File("2")];
        for (int index = 1; index <= 2; index++)
            UntilDone(60, (listener, stop) =>
                Run(shards[index - 1], Job, new RunSettings { Shard = new Shard(index, 2), Wave = 2 }, RunGoal.Everything, listener, stop));
        Dictionary<string, byte[]> before = Contents(shards);

        UntilDone(25, (listener, stop) => Merge("merged", shards, listener, stop));

        RunBytes.AssertSame(whole.Folder, _folder.File("merged"));
        Assert.Equal(before, Contents(shards));
    }

    [Fact]
    public void A_shard_that_is_run_again_computes_nothing_and_makes_anew_what_was_damaged()
    {
        string shard = Shard(2, 3);
        ShardRecord done = RunFolder.Peek(shard)!.Shard!;
        string model = Directory.GetFiles(Path.Combine(shard, "retrained"), "*.npz", SearchOption.AllDirectories)[0];
        byte[] bytes = File.ReadAllBytes(model);
        File.WriteAllBytes(model, bytes[..(bytes.Length / 2)]);

        Shard(2, 3);

        Assert.Equal(bytes, File.ReadAllBytes(model));
        ShardRecord again = RunFolder.Peek(shard)!.Shard!;
        Assert.Equal(done.Shares.Select(share => (share.Stage, share.Own, share.Of)).Order(),
            again.Shares.Select(share => (share.Stage, share.Own, share.Of)).Order());
        Assert.Equal(done.Shares.Sum(share => share.Computed) + 1, again.Shares.Sum(share => share.Computed));
    }

    [Fact]
    public void A_folder_stays_the_shard_or_the_whole_run_that_it_was()
    {
        Job small = Job with { Attribution = new JobAttribution { Methods = ["head"], ReferenceGroups = 0 },
            Validation = new JobValidation(), Evaluation = null, Unlearning = null };
        RunSummary summary = Run(_folder.File("shard"), small, new RunSettings { Shard = new Shard(2, 8) });
        Assert.Equal("2/8", summary.Shard!.Shard);
        Assert.Equal([("online:head", 1, 7), ("misclassified", 1, 1)],
            summary.Shard.Stages.Select(stage => (stage.Name, stage.Own, stage.Of)));
        Assert.Equal(["online:head", "attribute"], summary.Shard.Left);

        Expect("shard 2/8", "shard 3/8", _folder.File("shard"), new Shard(3, 8));
        Expect("shard 2/8", "a run that is not a shard", _folder.File("shard"), null);
        Expect("a run that is not a shard", "shard 1/2", whole.Prepared, new Shard(1, 2));

        void Expect(string found, string expected, string folder, Shard? asked)
        {
            BadInputException error = Assert.Throws<BadInputException>(() => Run(folder, small, new RunSettings { Shard = asked }));
            Assert.Contains($"found {found}, expected {expected}", error.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Runs a job in <c>one</c>, and in two shards that are merged.</summary>
    private RunSummary AssertMergesToTheSame(Job job)
    {
        Run(_folder.File("one"), job, new RunSettings());
        string[] shards = [_folder.File("1"), _folder.File("2")];
        for (int index = 1; index <= shards.Length; index++)
            Run(shards[index - 1], job, new RunSettings { Shard = new Shard(index, shards.Length) });
        RunSummary merged = Merge("merged", shards);
        foreach (string run in (string[])["one", "merged"])
        {
            // They only save time, and a merge does not copy them.
            if (Directory.Exists(_folder.File(run + "/derivatives")))
                Directory.Delete(_folder.File(run + "/derivatives"), recursive: true);
        }

        RunBytes.AssertSame(_folder.File("one"), _folder.File("merged"));
        return merged;
    }

    internal static RunSummary Run(string folder, Job job, RunSettings settings, RunGoal goal = RunGoal.Everything,
        IRunListener? listener = null, CancellationToken stop = default)
    {
        using var device = new CpuDevice(2);
        return Runner.Run(folder, job, goal, settings, device, listener ?? new RecordingListener(), stop);
    }

    private static void UntilDone(int signs, Action<IRunListener, CancellationToken> run)
    {
        int interruptions = 0;
        for (bool done = false; !done;)
        {
            using var stop = new CancellationTokenSource();
            try
            {
                run(new StoppingListener(signs + 7 * interruptions, stop), stop.Token);
                done = true;
            }
            catch (OperationCanceledException)
            {
                Assert.True(++interruptions < 200);
            }
        }

        Assert.InRange(interruptions, 1, 199);
    }

    private static Dictionary<string, byte[]> Contents(string[] folders)
        => folders.SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            .ToDictionary(path => path, File.ReadAllBytes);

    private string Shard(int index, int count, string? from = null)
    {
        string folder = _folder.File($"{index}-of-{count}");
        Run(folder, Job, new RunSettings { Shard = new Shard(index, count), From = from, Wave = 1 + index % 3 });
        return folder;
    }

    private RunSummary Merge(string name, string[] shards, IRunListener? listener = null, CancellationToken stop = default)
    {
        using var device = new CpuDevice(2);
        return ShardMerge.Run(_folder.File(name), shards, new InputPlaces(), new RunSettings(), device, listener
            ?? new RecordingListener(), stop);
    }
}
