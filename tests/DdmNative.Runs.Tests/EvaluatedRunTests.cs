using System.Globalization;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Metrics;
using DdmNative.Runs.Jobs;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Compute.Cpu;
using DdmNative.Runs.Summaries;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>Whole evaluations on generated images.</summary>
public sealed class EvaluatedRunTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_metric_is_measured_for_every_method_with_ceiling_and_floors()
    {
        EvaluationSummary evaluation = Run("all",
            Job() with { Attribution = new JobAttribution { Methods = ["repair", "head", "grad-dot", "random"] } }).Evaluation!;

        Assert.Equal(EvaluationMetrics.Names, evaluation.Metrics);
        Assert.Equal(["repair", "head", "grad-dot", "random", "ceiling", "random order", "own loss"],
            evaluation.Methods.Select(method => method.Name));
        string[] figures = ["total_pearson", "total_spearman", "total_slope", "lds_total", "lds_total_linked", "lds_total_by_shares",
            "lds_class", "lds_sample", "helpful_removed",
            "harmful_removed", "flipped", "margin_fall", "auroc", "average_precision"];
        foreach (EvaluatedMethod method in evaluation.Methods.Take(4))
        {
            Assert.All(figures, figure => Assert.True(method.Figures.ContainsKey(figure), $"{method.Name}: {figure}"));
            Assert.True(method.OnlineSeconds > 0 && method.PeakBytes > 1 << 20);
        }

        Assert.InRange(evaluation.Methods[6].Figures["auroc"], 0, 1);
        Assert.True(evaluation.Retrained > 0);
        foreach (string file in (string[])["evaluation.csv", "evaluation.md", "evaluation/leave-one-out.csv", "evaluation/lds.csv",
            "evaluation/lds.npz", "evaluation/removal.csv", "evaluation/brittleness.csv", "evaluation/mislabel.csv"])
            Assert.True(File.Exists(_folder.File($"all/{file}")), file);
    }

    [Fact]
    public void Exact_retraining_agrees_with_leaving_out_every_group_at_its_own_seed_wholly()
    {
        EvaluatedMethod exact = Run("exact",
            Job("all") with { Evaluation = Only(EvaluationMetrics.LeaveOneOut) with { Seeds = 1 } }).Evaluation!.Methods.Single();

        Assert.Equal("all", exact.Name);
        foreach (string view in EffectViews.Names)
        {
            Assert.Equal(1, exact.Figures[$"{view}_pearson"], 9);
            Assert.Equal(1, exact.Figures[$"{view}_spearman"], 9);
            Assert.Equal(1, exact.Figures[$"{view}_slope"], 9);
        }
    }

    [Fact]
    public void The_score_on_halves_follows_from_what_is_written_down()
    {
        EvaluationSummary evaluation = Run("lds", Job("head") with { Evaluation = Only(EvaluationMetrics.LinearDatamodeling) }).Evaluation!;

        NpzContents lds = Npz.Read(_folder.File("lds/evaluation/lds.npz")), attribution = Npz.Read(_folder.File("lds/attribution.npz"));
        int[] shape = lds["outcomes"].Shape;
        Assert.Equal("loss", lds.Elements<string>("objectives")[0]);
        double[] outcomes = lds.Elements<double>("outcomes"), effects = attribution.Elements<double>("matrix");
        byte[] kept = lds.Elements<byte>("kept");
        (int count, int groups) = (lds["kept"].Shape[0], lds["kept"].Shape[1]);
        double[] predicted = [.. Enumerable.Range(0, count)
            .Select(s => Enumerable.Range(0, groups).Sum(g => kept[s * groups + g] * effects[g]))];
        double[] measured = [.. Enumerable.Range(0, count).Select(s => (outcomes[s] + outcomes[shape[1] * shape[2] + s]) / 2)];
        Assert.Equal(Correlation.Spearman(predicted, measured), evaluation.Methods[0].Figures["lds_total"], 12);
        Assert.All(Enumerable.Range(0, count),
            s => Assert.Equal(groups / 2, groups - Enumerable.Range(0, groups).Sum(g => kept[s * groups + g])));
    }

    [Fact]
    public void Wrong_labels_are_looked_for_among_single_samples_by_the_methods_that_can()
    {
        EvaluationSummary evaluation = Run("labels",
            Job("head", "loss", "grad-dot") with { Evaluation = Only(EvaluationMetrics.Mislabel) }).Evaluation!;

        // The suite's `loss` at the granularity of samples is each sample's own loss, so it finds them as that does; and own loss finds
        // wrong labels.
        Assert.Equal(evaluation.Methods.Single(method => method.Name == "own loss").Figures["auroc"],
            evaluation.Methods.Single(method => method.Name == "loss").Figures["auroc"], 9);
        string[] lines = File.ReadAllLines(_folder.File("labels/evaluation/mislabel-samples.csv"));
        Assert.Equal("sample,label,planted,head,loss,grad-dot,own loss", lines[0]);
        Assert.Equal(36, lines.Length - 1);
        Assert.Equal(7, lines.Skip(1).Count(line => line.Split(',')[2] == "1"));
        Assert.True(lines.Skip(1).Select(line => line.Split(',')[5]).Distinct().Count() > 30);
        Assert.True(lines.Skip(1).Select(line => line.Split(',')[3]).Distinct().Count() <= 6);
    }

    [Fact]
    public void Another_method_and_another_metric_reuse_the_models_that_are_there()
    {
        Job job = Job("head") with { Evaluation = Only(EvaluationMetrics.LeaveOneOut) };
        Assert.Equal(14, Run("reuse", job).Evaluation!.Retrained);

        Assert.Equal(0, Run("reuse", job with { Attribution = new JobAttribution { Methods = ["block:1"] } }).Evaluation!.Retrained);
        // Of the removal curves' models the whole ones are there, and those without one group.
        Job removal = job with { Evaluation = Only(EvaluationMetrics.Removal) with { Percent = [10] } };
        Assert.Equal(0, Run("reuse", removal).Evaluation!.Retrained);
        Assert.Equal(14, Run("reuse", job with { Training = job.Training with { Epochs = 3 } }).Evaluation!.Retrained);
    }

    [Fact]
    public void Interrupted_in_the_middle_of_retraining_it_goes_on_to_the_same_files()
    {
        Job job = Job("head") with { Evaluation = Only(EvaluationMetrics.LinearDatamodeling, EvaluationMetrics.Removal,
            EvaluationMetrics.Mislabel) };
        Run("whole", job);

        int interruptions = Interruptions.Repeat((_, stop) => Run("killed", job, new Listener { StopAfter = 25, Stop = stop }, stop.Token));

        Assert.True(interruptions > 3, interruptions.ToString(CultureInfo.InvariantCulture));
        RunBytes.AssertSame(_folder.File("whole"), _folder.File("killed"));
    }

    [Fact]
    public void What_the_data_cannot_give_is_refused_before_anything_is_made()
    {
        Job job = Job("head");
        Expect("evaluation.subsets", job with { Evaluation = Only(EvaluationMetrics.LinearDatamodeling) with { Subsets = 21 } });
        Expect("evaluation.subsets", job with { Evaluation = Only(EvaluationMetrics.LinearDatamodeling) with { Subsets = 7,
            Keep = [0.9] } });
        Expect("evaluation.subsets", job with { Evaluation = Only(EvaluationMetrics.LinearDatamodeling) with { Subsets = 37,
            SubsetsOf = ["samples"], Keep = [0.5, 0.99] } });
        Expect("evaluation.predictions", job with { Evaluation = Only(EvaluationMetrics.Brittleness) with { Predictions = 19 } });
        Expect("groups.per_class", job with { Data = new JobData { Source = "generated:classes=1,per-class=12,test-per-class=6,size=8" },
            Groups = new JobGroups { PerClass = 1 }, Evaluation = Only(EvaluationMetrics.LeaveOneOut) });

        void Expect(string field, Job bad)
        {
            BadInputException error = Assert.Throws<BadInputException>(() => Run("refused", bad));
            Assert.True(error.Field == field || error.Field == "network", error.Message);
            Assert.False(Directory.Exists(_folder.File("refused")));
        }
    }

    [Theory]
    [InlineData("evaluation.metrics")]
    [InlineData("evaluation.metrics[1]")]
    [InlineData("evaluation.seeds")]
    [InlineData("evaluation.percent[1]")]
    [InlineData("evaluation.percent[0]")]
    [InlineData("evaluation.label_noise")]
    [InlineData("evaluation.subsets_of")]
    [InlineData("evaluation.subsets_of[0]")]
    [InlineData("evaluation.subsets_of[1]")]
    [InlineData("evaluation.keep")]
    [InlineData("evaluation.keep[0]")]
    [InlineData("evaluation.keep[1]")]
    [InlineData("evaluation.keep[2]")]
    [InlineData("evaluation.prediction_objective")]
    public void Settings_out_of_range_are_named(string field)
    {
        JobEvaluation bad = field switch
        {
            "evaluation.metrics" => new JobEvaluation { Metrics = [] },
            "evaluation.metrics[1]" => new JobEvaluation { Metrics = ["lds", "lds"] },
            "evaluation.seeds" => new JobEvaluation { Seeds = 0 },
            "evaluation.percent[1]" => new JobEvaluation { Percent = [20, 10] },
            "evaluation.percent[0]" => new JobEvaluation { Percent = [100] },
            "evaluation.subsets_of" => new JobEvaluation { SubsetsOf = [] },
            "evaluation.subsets_of[0]" => new JobEvaluation { SubsetsOf = ["sample"] },
            "evaluation.subsets_of[1]" => new JobEvaluation { SubsetsOf = ["groups", "groups"] },
            "evaluation.keep" => new JobEvaluation { Keep = [] },
            "evaluation.keep[0]" => new JobEvaluation { Keep = [1] },
            "evaluation.keep[1]" => new JobEvaluation { Keep = [0.5, double.NaN] },
            "evaluation.keep[2]" => new JobEvaluation { Keep = [0.5, 0.9, 0.5] },
            "evaluation.prediction_objective" => new JobEvaluation { PredictionObjective = "accuracy" },
            _ => new JobEvaluation { LabelNoise = 1 },
        };

        string? named = null;
        Assert.ThrowsAny<Exception>(
            () => JobRules.Check(Job("head") with { Evaluation = bad },
            (at, found, expected) => new InvalidOperationException(named = at)));
        Assert.Equal(field, named);
    }

    private static JobEvaluation Only(params string[] metrics)
        => new() { Metrics = metrics, Subsets = 8, Predictions = 3, Percent = [10, 50], LabelNoise = 0.2 };

    private static Job Job(params string[] methods) => new()
    {
        Seed = 3,
        Data = new JobData { Source = "generated:classes=3,per-class=12,test-per-class=6,size=8,clusters=2,seed=1" },
        Network = new JobNetwork { Width = 8, Depth = 2 },
        Training = new JobTraining { BatchSize = 12, Epochs = 4, LearningRate = 0.05f },
        Groups = new JobGroups { PerClass = 2 },
        Matching = new JobMatching { Steps = 3 },
        Attribution = methods.Length == 0 ? new JobAttribution() : new JobAttribution { Methods = methods },
        Evaluation = Only([.. EvaluationMetrics.Names]),
    };

    private RunSummary Run(string name, Job job, Listener? listener = null, CancellationToken stop = default)
    {
        using var device = new CpuDevice(2);
        return Runner.Run(_folder.File(name), job, RunGoal.Evaluate, new RunSettings { Wave = 3 }, device, listener
            ?? new Listener(), stop);
    }

    /// <summary>Asks to stop after so many signs of progress.</summary>
    private sealed class Listener : IRunListener
    {
        private int _heard;

        public int StopAfter { get; init; } = int.MaxValue;

        public CancellationTokenSource? Stop { get; init; }

        public void Stage(string stage, string title, bool isDone)
        {
        }

        public void Progress(double done, double total, string unit)
        {
            if (++_heard == StopAfter)
                Stop!.Cancel();
        }

        public void Finished(string stage, double seconds)
        {
        }

        public void Note(string message)
        {
        }
    }
}
