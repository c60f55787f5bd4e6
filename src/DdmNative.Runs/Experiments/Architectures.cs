using DdmNative.Attribution.Training;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Reports;
using DdmNative.Runs.Stages;

namespace DdmNative.Runs.Experiments;

/// <summary>
/// Tests whether architectures agree on the data's effects: the same groups are attributed on a ConvNet of depth 3 and 4, an MLP of depth 2
/// and every other network of the registry that fits the images, and compared in pairs.
/// </summary>
internal sealed class Architectures : Experiment
{
    private const string First = "convnet-3";

    private const int UsualWidth = 32;

    public override string Name => "architectures";

    public override string Title => "Agreement of attributions across architectures";

    public override IReadOnlyList<string> DefaultMethods => ["head"];

    public override ExperimentResult Run(ExperimentContext context)
    {
        IReadOnlyList<string> methods = context.MethodsOf(this);
        (string Variant, JobNetwork Network)[] networks =
        [
            (First, Like("convnet") with { Depth = 3 }),
            ("convnet-4", Like("convnet") with { Depth = 4 }),
            ("mlp", Like("mlp") with { Depth = 2 }),
            .. NetworkRegistry.Names.Except(["convnet", "mlp"]).Select(name => (name, Like(name))),
        ];
        var views = new List<(string Network, string By, EffectViews Views)>();
        foreach ((string variant, JobNetwork network) in networks)
        {
            // Groups are clusters of the first network's features; the other networks use the same groups.
            Job job = context.Job with { Network = network };
            if (variant != First && job.Groups.File is null)
                job = job with { Groups = job.Groups with { File = context.PathOf($"{First}/groups.csv") } };
            job = ExperimentContext.Measured(job, methods, EvaluationMetrics.LeaveOneOut);
            try
            {
                context.Run(variant, job);
            }
            catch (BadInputException e) when (variant != First && e.Field.StartsWith("network.", StringComparison.Ordinal))
            {
                context.Note($"{variant} is left out: {e.Message}");
                continue;
            }

            views.AddRange(context.Look(variant, job,
                stage => Views(stage, methods).Select(view => (variant, view.By, view.Views)).ToArray()));
        }

        var table = new FigureTable(["by", "a", "b"],
            [("same_pearson", "0.00"), ("same_spearman", "0.00"), ("total_pearson", "0.00"), ("all_pearson", "0.00")]);
        string[] present = [.. views.Select(view => view.Network).Distinct()];
        (string A, string B)[] pairs = [.. present.SelectMany((a, i) => present.Skip(i + 1).Select(b => (a, b)))];
        var bars = new List<(string, double[])>();
        foreach (string by in methods.Append("exact"))
        {
            var ofPairs = new List<double>();
            foreach ((string a, string b) in pairs)
            {
                (EffectViews one, EffectViews other) = (Of(a, by), Of(b, by));
                ofPairs.Add(Correlation.Pearson(one.Same, other.Same));
                table.Add([by, a, b], ofPairs[^1], Correlation.Spearman(one.Same, other.Same), Correlation.Pearson(one.Total, other.Total),
                    Correlation.Pearson(one.All, other.All));
            }

            bars.Add((by, [.. ofPairs]));
        }

        return new ExperimentResult(table,
            SvgChart.Bars(Title, "Pearson's r, own class", [.. pairs.Select(pair => $"{pair.A} / {pair.B}")], bars),
            $"The same groups on every architecture: effects by the method on architecture a against those on b, and the exact effects of "
            + $"a against those of b ({(context.Job.Evaluation ?? new JobEvaluation()).Seeds} seeds).");

        // One width for all, so that the networks of much larger usual widths fit the time of the others.
        JobNetwork Like(string architecture) => new()
        {
            Architecture = architecture,
            Width = NetworkRegistry.Find(architecture)!.StandardWidth is null ? null : context.Job.Network.Width ?? UsualWidth,
        };

        EffectViews Of(string network, string by) => views.First(view => view.Network == network && view.By == by).Views;
    }

    private static IEnumerable<(string By, EffectViews Views)> Views(Runs.StageContext stage, IReadOnlyList<string> methods)
    {
        int[] labels = stage.Inputs.Test.Labels;
        IReadOnlyList<Objective> losses = Objective.Defaults(labels);
        using var models = new RetrainedModels(stage);
        int[] classes = [.. labels.Distinct().Order()];
        var effects = new MethodEffects(stage, losses);
        foreach (string method in methods)
            yield return (method, EffectViews.Of(effects.Read(method), classes, models.Groups.ClassOf));
        ulong[] seeds = [.. Enumerable.Range(0, stage.Job.Evaluation!.Seeds).Select(r => stage.Job.Seed + (ulong)r)];
        SubsetOutcomes outcomes = models.Outcomes(losses, [[], .. CounterfactualLogits.EachGroup(models.Groups.Count)], seeds);
        yield return ("exact", EffectViews.Of(AttributionMatrix.Mean([.. Enumerable.Range(0, seeds.Length).Select(outcomes.EffectsAt)]),
            classes, models.Groups.ClassOf));
    }
}
