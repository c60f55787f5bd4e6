using System.Globalization;
using System.Text.Json;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Attribution.Training;
using DdmNative.Compute.Cpu;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Stages;
using DdmNative.Runs.Summaries;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>Evaluations on random subsets of single samples.</summary>
public sealed class SampleSubsetTests : IDisposable
{
    private const int Images = 36, Subsets = 8;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_method_that_can_is_scored_at_every_share_and_the_others_are_named()
    {
        var listener = new RecordingListener();
        RunSummary summary = Run("samples", Job(OfSamples(0.5, 0.9), "head", "head+block:1", "grad-dot", "push+feature"), listener);

        EvaluationSummary evaluation = summary.Evaluation!;
        string[] scored = ["head", "head+block:1", "grad-dot", "ceiling"];
        Assert.Equal([.. scored.Select(method => (method, "samples", 0.5)), .. scored.Select(method => (method, "samples", 0.9))],
            evaluation.Lds.Select(score => (score.Method, score.SubsetsOf, score.Keep)));
        Assert.All(evaluation.Lds, score =>
        {
            Assert.All(score.Figures, figure => Assert.InRange(figure!.Value, -1, 1));
            Assert.InRange(score.Sample!.Value, score.SampleLow!.Value, score.SampleHigh!.Value);
        });
        Assert.Contains(listener.Notes,
            note => note.StartsWith("push+feature gives no effects of single samples", StringComparison.Ordinal));
        Assert.Equal(["train", "groups", "online:head@samples", "online:block:1@samples", "online:grad-dot@samples", "evaluate:lds"],
            listener.Begun);
        Assert.False(File.Exists(_folder.File("samples/attribution.npz")));

        string[] lines = File.ReadAllLines(_folder.File("samples/evaluation/lds.csv"));
        Assert.Equal("method,subsets_of,keep,objective,lds", lines[0]);
        // Four lines at two shares: the total, three classes and three predictions.
        Assert.Equal(4 * 2 * 7, lines.Length - 1);
        Assert.Contains(lines, line => line.StartsWith("head+block:1,samples,0.9,loss:class=2,", StringComparison.Ordinal));
        Assert.Contains("| head | samples | 0.9 |", File.ReadAllText(_folder.File("samples/evaluation.md")), StringComparison.Ordinal);
        Assert.All((string[])["head", "grad-dot"], method => Assert.All((string[])["evaluation-lds.svg", "evaluation-cost.svg"],
            chart => Assert.Contains(method, File.ReadAllText(_folder.File("samples/" + chart)), StringComparison.Ordinal)));
        JsonElement first = JsonDocument.Parse(File.ReadAllText(_folder.File("samples/run.json"))).RootElement.GetProperty("summary")
            .GetProperty("evaluation").GetProperty("lds")[0];
        Assert.Equal(["method", "subsets_of", "keep", "sample", "sample_low", "sample_high", "class", "total"],
            first.EnumerateObject().Select(field => field.Name));
    }

    [Fact]
    public void The_score_follows_from_what_is_written_down()
    {
        EvaluationSummary evaluation = Run("lds", Job(OfSamples(0.9), "head")).Evaluation!;

        NpzContents lds = Npz.Read(_folder.File("lds/evaluation/lds.npz")),
            own = Npz.Read(_folder.File("lds/attribution/head.samples.npz"));
        Assert.Equal([Subsets, Images], lds["kept_samples_0.9"].Shape);
        Assert.Equal(lds.Elements<string>("objectives"), own.Elements<string>("objectives"));
        (double[] outcomes, double[] effects) = (lds.Elements<double>("outcomes_samples_0.9"), own.Elements<double>("matrix"));
        byte[] kept = lds.Elements<byte>("kept_samples_0.9");
        int rows = lds["outcomes_samples_0.9"].Shape[1];
        Assert.All(kept.Chunk(Images), subset => Assert.Equal(32, subset.Count(flag => flag == 1)));
        double[] scores = [.. Enumerable.Range(0, rows).Select(o => Correlation.Spearman(
            [.. kept.Chunk(Images).Select(subset => Enumerable.Range(0, Images).Sum(n => subset[n] * effects[o * Images + n]))],
            [.. Enumerable.Range(0, Subsets).Select(s => (outcomes[o * Subsets + s] + outcomes[(rows + o) * Subsets + s]) / 2)]))];
        Assert.Equal(scores[0], evaluation.Lds[0].Total!.Value, 12);
        Assert.Equal(scores[1..4].Average(), evaluation.Lds[0].Class!.Value, 12);
        Assert.Equal(scores[4..].Average(), evaluation.Lds[0].Sample!.Value, 12);
    }

    [Fact]
    public void Models_that_are_there_are_reused_by_other_methods_shares_and_groups()
    {
        Job job = Job(OfSamples(0.5), "grad-dot");
        Assert.Equal(2 * Subsets, Run("reuse", job).Evaluation!.Retrained);

        Job others = job with { Attribution = new JobAttribution { Methods = ["grad-cos", "head"] } };
        Assert.Equal(0, Run("reuse", others).Evaluation!.Retrained);
        Job more = job with { Evaluation = OfSamples(0.7, 0.5) with { SubsetsOf = ["samples", "groups"] } };
        Assert.Equal(3 * 2 * Subsets, Run("reuse", more).Evaluation!.Retrained);
        EvaluationSummary groups = Run("reuse", job with { Evaluation = OfSamples(0.5) with { SubsetsOf = ["groups"] } }).Evaluation!;
        Assert.Equal(0, groups.Retrained);
        // The figures of halves of groups have the names that they always had.
        Assert.Equal(groups.Lds[0].Total, groups.Methods[0].Figures["lds_total"]);
        Assert.Equal(groups.Lds[0].Sample, groups.Methods[0].Figures["lds_sample"]);
    }

    [Fact]
    public void One_walk_of_the_adjoint_serves_samples_groups_and_combinations()
    {
        Job job = Job(OfSamples(0.5) with { SubsetsOf = ["samples", "groups"] }, "adjoint", "auto:of=adjoint+grad-dot:models=4:probes=0");

        Run("walks", job);

        // The total, three classes and three predictions.
        Assert.Equal(7, Directory.GetFiles(_folder.File("walks/derivatives"), "*.npz", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public void Interrupted_anywhere_it_goes_on_to_the_same_files()
    {
        Job job = Job(OfSamples(0.5, 0.7) with { SubsetsOf = ["samples", "groups"] }, "head", "retrain", "grad-dot", "adjoint");
        Run("whole", job);

        int interruptions = Interruptions.Repeat((_, stop) => Run("killed", job, new StoppingListener(40, stop), stop.Token));

        Assert.True(interruptions > 3, interruptions.ToString(CultureInfo.InvariantCulture));
        RunBytes.AssertSame(_folder.File("whole"), _folder.File("killed"));
    }

    /// <summary>Three hundred images are two chunks; the same images as groups of one are all models at once.</summary>
    [Fact]
    public void Models_without_single_samples_are_made_in_chunks_with_the_same_bits()
    {
        const int Many = 300;
        Assert.InRange(SampleRemovals.ChunkFor(18, 3), 1, Many - 1);
        string groups = _folder.File("groups.csv");
        File.WriteAllLines(groups, ["sample,group", .. Enumerable.Range(0, Many).Select(n => $"{n},{n}")]);
        Job job = Job(OfSamples(0.9), "head") with
        {
            Data = new JobData { Source = "generated:classes=3,per-class=100,test-per-class=6,size=8,clusters=2,seed=1" },
            Groups = new JobGroups { File = groups },
        };
        Run("chunks", job);
        Run("groups", job with { Evaluation = OfSamples(0.9) with { SubsetsOf = ["groups"] } });

        var chunks = MethodFile.ReadEffects(_folder.File("chunks/attribution/head.samples.npz"));
        CounterfactualLogits models = MethodFile.ReadModels(_folder.File("groups/attribution/head.npz"),
            CounterfactualLogits.EachGroup(Many));
        int[] labels = RunInputs.Load(job, RunGoal.Train).Test.Labels;
        var whole = AttributionMatrix.From(models, labels, [.. chunks.Objectives.Select(Objective.Parse)]);
        Assert.Equal(whole.ToArray(), chunks.ToArray());
    }

    [Fact]
    public void Single_losses_can_be_measured_and_margins_stay_what_is_overturned()
    {
        JobEvaluation evaluation = OfSamples(0.5) with
        {
            Metrics = [EvaluationMetrics.LinearDatamodeling, EvaluationMetrics.Brittleness],
            SubsetsOf = ["groups", "samples"],
            PredictionObjective = "loss",
        };
        Run("losses", Job(evaluation, "grad-dot"));

        string[] rows = Npz.Read(_folder.File("losses/attribution/grad-dot.npz")).Elements<string>("objectives");
        Assert.Equal(3, rows.Count(row => row.StartsWith("loss:sample=", StringComparison.Ordinal)));
        Assert.Equal(3, rows.Count(row => row.StartsWith("margin:sample=", StringComparison.Ordinal)));
        Assert.Equal(rows.Where(row => row.StartsWith("loss:sample=", StringComparison.Ordinal)),
            Npz.Read(_folder.File("losses/evaluation/lds.npz")).Elements<string>("objectives")[4..]);
    }

    [Fact]
    public void Samples_for_methods_that_know_none_are_refused_with_those_that_do()
    {
        string? found = null, expected = null;
        Assert.Throws<InvalidOperationException>(() => JobRules.Check(Job(OfSamples(0.5), "push"), (field, what, instead) =>
        {
            Assert.Equal("evaluation.subsets_of", field);
            (found, expected) = (what, instead);
            return new InvalidOperationException();
        }));

        Assert.StartsWith("samples for push", found, StringComparison.Ordinal);
        Assert.Contains("trak", expected, StringComparison.Ordinal);
        JobRules.Check(Job(OfSamples(0.5) with { SubsetsOf = ["groups"] }, "push"), (field, _, _) => new InvalidOperationException(field));
    }

    /// <summary>What older runs have measured must stay valid: the settings in a stage's key are those of then.</summary>
    [Fact]
    public void A_job_that_asks_for_halves_of_groups_alone_has_the_keys_of_older_versions()
    {
        Job job = Job(new JobEvaluation(), "grad-dot");
        Assert.Equal("""{"Seed":3,"Seeds":2,"Subsets":100,"Predictions":10,"Methods":["grad-dot"]}""",
            JsonSerializer.Serialize(new LinearDatamodelingStage(job, job.Evaluation!).Settings));
        Assert.Equal(["train", "groups", "online:grad-dot"], new LinearDatamodelingStage(job, job.Evaluation!).Needs);
        Assert.Contains("\"Predictions\":10}", JsonSerializer.Serialize(new MethodStage(job, "grad-dot").Settings),
            StringComparison.Ordinal);
        Job without = Job(OfSamples(0.5), "grad-dot");
        Assert.Contains("\"Predictions\":0}", JsonSerializer.Serialize(new MethodStage(without, "grad-dot").Settings),
            StringComparison.Ordinal);
    }

    private static JobEvaluation OfSamples(params double[] keep) => new()
    {
        Metrics = [EvaluationMetrics.LinearDatamodeling],
        SubsetsOf = [SubsetSetting.Samples],
        Keep = keep,
        Subsets = Subsets,
        Predictions = 3,
        Percent = [50],
    };

    private static Job Job(JobEvaluation evaluation, params string[] methods) => new()
    {
        Seed = 3,
        Data = new JobData { Source = "generated:classes=3,per-class=12,test-per-class=6,size=8,clusters=2,seed=1" },
        Network = new JobNetwork { Width = 4, Depth = 2 },
        Training = new JobTraining { BatchSize = 12, Epochs = 4, LearningRate = 0.05f },
        Groups = new JobGroups { PerClass = 2 },
        Matching = new JobMatching { Steps = 3 },
        Attribution = new JobAttribution { Methods = methods },
        Evaluation = evaluation,
    };

    private RunSummary Run(string name, Job job, IRunListener? listener = null, CancellationToken stop = default)
    {
        using var device = new CpuDevice(2);
        return Runner.Run(_folder.File(name), job, RunGoal.Evaluate, new RunSettings { Wave = 3 }, device, listener
            ?? new RecordingListener(), stop);
    }
}
