using DdmNative.Attribution.Evaluation;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Reports;
using DdmNative.Runs.Stages;

namespace DdmNative.Runs.Experiments;

/// <summary>
/// Compares reverse with forward gradient matching, with the same number of images per group: which synset predicts leave-one-out effects
/// better.
/// </summary>
internal sealed class ReverseVersusForward : Experiment
{
    private const int ImagesPerGroup = 4;

    private static readonly (string Mode, string Matching)[] Modes = [("forget", "reverse"), ("repair", "forward"), ("replay", "forward"),
        ("push", "forward")];

    public override string Name => "reverse-vs-forward";

    public override string Title => "Reverse against forward gradient matching";

    public override ExperimentResult Run(ExperimentContext context)
    {
        int images = context.Job.Matching.ImagesPerGroup ?? ImagesPerGroup;
        string[] methods = [.. Modes.Select(mode => $"{mode.Mode}:{images}")];
        Job job = ExperimentContext.Measured(context.Job, methods, EvaluationMetrics.LeaveOneOut);
        EvaluationSummary evaluation = context.Run("modes", job);
        string[] figures = ["same_pearson", "same_spearman", "total_pearson", "total_spearman", "same_slope"];
        var table = new FigureTable(["method", "matching"],
            [.. figures.Select(figure => (figure, "0.00")), ("offline_seconds", "0.0"), ("online_seconds", "0.00")]);
        for (int i = 0; i < methods.Length; i++)
        {
            EvaluatedMethod line = evaluation.Methods.First(method => method.Name == methods[i]);
            table.Add([methods[i], Modes[i].Matching],
                [.. figures.Select(figure => ExperimentContext.Figure(evaluation, methods[i], figure)), line.OfflineSeconds
                ?? double.NaN, line.OnlineSeconds ?? double.NaN]);
        }

        table.Add([EvaluationStage.Ceiling, ""],
            [.. figures.Select(figure => ExperimentContext.Figure(evaluation, EvaluationStage.Ceiling, figure)), double.NaN, double.NaN]);
        string chart = SvgChart.Bars(Title, "Pearson's r with exact retraining", [.. methods, EvaluationStage.Ceiling],
            [("own class", Column("same_pearson")), ("total loss", Column("total_pearson"))]);
        return new ExperimentResult(table, chart,
            $"{images} synthetic images per group. `forget` descends on a synset matched in reverse (the paper's Algorithm 1); the others "
            + $"leave the group's forward-matched images out. Correlations with exact retraining, {job.Evaluation!.Seeds} seeds.");

        double[] Column(string figure)
            => [.. methods.Append(EvaluationStage.Ceiling).Select(method => ExperimentContext.Figure(evaluation, method, figure))];
    }
}
