using DdmNative.Attribution.Formats;
using DdmNative.Runs.Jobs;
using DdmNative.Compute.Cpu;
using DdmNative.Runs.Summaries;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>A whole run on generated images, validated, with every synset mode in it.</summary>
public sealed class ValidatedRunTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_method_and_every_baseline_is_compared_with_exact_retraining()
    {
        string[] methods = ["repair:2", "repair", "replay", "controlled-replay", "push", "forget", "head", "block:1", "feature"];
        RunSummary summary = Run("first", seed: 1, methods);

        Assert.Equal(methods, summary.Methods.Select(method => method.Name));
        Assert.All(summary.Methods, method => Assert.InRange(method.Correlations["all"], -1.0, 1.0));
        Assert.Equal(["group size alone", "one gradient step with the real group", "TracIn", "repair on real images, unmatched",
            "replay on real images, unmatched"], summary.Baselines.Keys);
        // Partial retraining of everything above the first block is nearly the real thing, whatever the data.
        Assert.True(summary.Methods.Single(method => method.Name == "block:1").Correlations["all"] > 0.5);
        Assert.True(File.Exists(Path.Combine(_folder, "first", "synset", "forward-2.safetensors")));
        Assert.True(File.Exists(Path.Combine(_folder, "first", "synset", "forward-1.safetensors")));
    }

    [Fact]
    public void Several_runs_make_one_table()
    {
        Run("first", seed: 1, "head");
        Run("second", seed: 2, "head");

        string table = RunComparison.Of([Path.Combine(_folder, "first"), Path.Combine(_folder, "second")]).Table();

        Assert.Contains("| head (depth dial) |", table, StringComparison.Ordinal);
        Assert.Contains("| TracIn |", table, StringComparison.Ordinal);
        Assert.Contains("| ceiling: one seed against the mean of the others |", table, StringComparison.Ordinal);
        Assert.Contains("Mean over 2 runs", table, StringComparison.Ordinal);
        Assert.All(table.Split('\n').Where(line => line.StartsWith('|')), line => Assert.Equal(10, line.Count(c => c == '|')));
    }

    [Fact]
    public void Runs_of_different_jobs_have_a_line_for_each_method()
    {
        Run("first", seed: 1, "repair", "head");
        Run("second", seed: 2, "head");

        IReadOnlyList<RunTableRow> rows = RunTable.Read([Path.Combine(_folder, "first"), Path.Combine(_folder, "second")]);

        Assert.Equal(["ceiling", "repair", "head", "ceiling", "head"], rows.Select(row => row.Method));
        Assert.All(rows, row => Assert.Equal((36, 4, 8, 6, 6, 2),
            (row.Images, row.Epochs, row.Width, row.Groups, row.Retrained, row.Seeds)));
        Assert.InRange(rows[1].KeptLoss!.Value, 0.1, 10);
        Assert.NotNull(rows[1].PeakBytes);
        Assert.Null(rows[2].KeptLoss);
        string table = RunTable.Markdown(rows);
        Assert.Contains("| 36 | 4 | 8 | 6 (6 × 2) | repair (synset) |", table, StringComparison.Ordinal);
        Assert.All(table.TrimEnd().Split('\n'), line => Assert.Equal(16, line.Count(c => c == '|')));
    }

    [Fact]
    public void A_run_that_was_not_validated_cannot_be_compared()
    {
        string folder = Path.Combine(_folder, "none");
        Directory.CreateDirectory(folder);

        BadInputException error = Assert.Throws<BadInputException>(() => RunComparison.Of([folder]));

        Assert.Equal(folder, error.File);
    }

    private RunSummary Run(string name, ulong seed, params string[] methods)
    {
        var job = new Job
        {
            Seed = seed,
            Data = new JobData { Source = "generated:classes=3,per-class=12,test-per-class=6,size=8,clusters=2,seed=1" },
            Network = new JobNetwork { Width = 8, Depth = 2 },
            Training = new JobTraining { BatchSize = 12, Epochs = 4, LearningRate = 0.05f },
            Groups = new JobGroups { PerClass = 2 },
            Matching = new JobMatching { Steps = 4 },
            Attribution = new JobAttribution { Methods = methods },
            Validation = new JobValidation { Groups = null, Seeds = 2, Baselines = true },
        };
        using var device = new CpuDevice(2);
        return Runner.Run(Path.Combine(_folder, name), job, RunGoal.Everything, new RunSettings(), device, new SilentListener(),
            CancellationToken.None);
    }

    private sealed class SilentListener : IRunListener
    {
        public void Stage(string stage, string title, bool isDone)
        {
        }

        public void Progress(double done, double total, string unit)
        {
        }

        public void Finished(string stage, double seconds)
        {
        }

        public void Note(string message)
        {
        }
    }
}
