using System.Globalization;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Reports;
using DdmNative.Runs.Stages;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Experiments;

/// <summary>
/// Measures how close the perturbed models are to the models retrained without the group: in test accuracy, in predictions, and in the
/// distance of their logits, compared with that of the unchanged target.
/// </summary>
internal sealed class PerturbedAccuracy : Experiment
{
    public override string Name => "perturbed-accuracy";

    public override string Title => "Perturbed models against exact retraining";

    public override IReadOnlyList<string> DefaultMethods => ["forget", "repair", "replay", "push", "head", "block:1"];

    public override ExperimentResult Run(ExperimentContext context)
    {
        IReadOnlyList<string> methods = context.MethodsOf(this);
        if (methods.FirstOrDefault(method => !MethodRegistry.HasModels(method)) is string effectsOnly)
            throw new BadInputException(Name, "methods", $"'{effectsOnly}', which gives effects and no models",
                $"methods that perturb models: {string.Join(", ", DefaultMethods)}", "Use one of these.");
        // Only the target's own seed: a perturbed model of that target is compared with its retraining.
        Job job = ExperimentContext.Measured(
            context.Job with { Evaluation = (context.Job.Evaluation ?? new JobEvaluation()) with { Seeds = 1 } }, methods,
            EvaluationMetrics.LeaveOneOut);
        context.Run("models", job);
        return context.Look("models", job, stage => Compare(stage, methods));
    }

    private static ExperimentResult Compare(StageContext stage, IReadOnlyList<string> methods)
    {
        using var models = new RetrainedModels(stage);
        int[] labels = stage.Inputs.Test.Labels;
        int groups = models.Groups.Count;
        IReadOnlyList<float[]> exact = models.Logits([[], .. CounterfactualLogits.EachGroup(groups)], [stage.Job.Seed]);
        var accuracy = new Objective(ObjectiveKind.Accuracy);
        double target = accuracy.Evaluate(exact[0], labels);
        var table = new FigureTable(["method"],
        [
            ("accuracy_exact", "0.000"), ("accuracy_perturbed", "0.000"), ("accuracy_difference", "0.0000"), ("change_pearson", "0.00"),
            ("same_predictions", "0.000"), ("logit_distance", "0.00"),
        ]);
        double[] exactAccuracy = [.. exact.Skip(1).Select(logits => accuracy.Evaluate(logits, labels))];
        var clouds = new List<ChartSeries>();
        foreach (string method in methods)
        {
            CounterfactualLogits perturbed = MethodFile.ReadModels(stage.Folder.PathOf(MethodFile.NameOf(method)),
                CounterfactualLogits.EachGroup(groups));
            double[] own = [.. Enumerable.Range(0, groups).Select(g => accuracy.Evaluate(perturbed.Model(g), labels))];
            double control = accuracy.Evaluate(perturbed.Reference, labels);
            double[] change = [.. own.Select(value => value - control)], exactChange = [.. exactAccuracy.Select(value => value - target)];
            table.Add([method], exactAccuracy.Average(), own.Average(), own.Zip(exactAccuracy, (a, b) => Math.Abs(a - b)).Average(),
                Correlation.Pearson(change, exactChange),
                Enumerable.Range(0, groups).Average(g => SamePredictions(perturbed.Model(g), exact[g + 1], labels.Length)),
                Enumerable.Range(0, groups).Average(g => Distance(perturbed.Model(g), exact[g + 1]) / Distance(exact[0], exact[g + 1])));
            clouds.Add(new ChartSeries(method, [.. exactChange.Zip(change)]));
        }

        string caption = string.Create(CultureInfo.InvariantCulture,
            $"Means over {groups} groups, each removed alone; the target's own test accuracy is {target:0.000}. `same_predictions`: the "
            + $"share of test images that the perturbed and the retrained model put in the same class. `logit_distance`: the distance of "
            + $"the perturbed model's logits from the retrained model's, over the untouched target's distance; below 1, perturbing went "
            + $"the right way. `change_pearson`: of the changes in accuracy. One seed.");
        return new ExperimentResult(table,
            SvgChart.Lines("Change of test accuracy by removing a group", "by exact retraining", "of the perturbed model", clouds,
            joined: false), caption);
    }

    private static double SamePredictions(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int samples)
    {
        int classes = a.Length / samples, same = 0;
        for (int n = 0; n < samples; n++)
            same += System.Numerics.Tensors.TensorPrimitives.IndexOfMax(a.Slice(n * classes, classes))
                == System.Numerics.Tensors.TensorPrimitives.IndexOfMax(b.Slice(n * classes, classes)) ? 1 : 0;
        return (double)same / samples;
    }

    private static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => System.Numerics.Tensors.TensorPrimitives.Distance(a, b);
}
