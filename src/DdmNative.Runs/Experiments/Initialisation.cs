using DdmNative.Attribution.Evaluation;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Reports;
using DdmNative.Runs.Stages;

namespace DdmNative.Runs.Experiments;

/// <summary>Compares initialisations of the synthetic images: noise, real images, or means of real images.</summary>
internal sealed class Initialisation : Experiment
{
    private static readonly string[] Starts = [JobMatching.NoiseStart, JobMatching.RealStart, JobMatching.MeanStart];

    public override string Name => "initialisation";

    public override string Title => "Where the synthetic images start";

    public override IReadOnlyList<string> DefaultMethods => ["repair", "push", "forget"];

    public override ExperimentResult Run(ExperimentContext context)
    {
        IReadOnlyList<string> methods = context.MethodsOf(this);
        string[] figures = ["same_pearson", "same_spearman", "total_pearson", "all_pearson"];
        var table = new FigureTable(["start", "method"], [.. figures.Select(figure => (figure, "0.00"))]);
        var bars = methods.ToDictionary(method => method, _ => new List<double>());
        foreach (string start in Starts)
        {
            Job job = ExperimentContext.Measured(context.Job with { Matching = context.Job.Matching with { Start = start } }, methods,
                EvaluationMetrics.LeaveOneOut);
            EvaluationSummary evaluation = context.Run("start-" + start, job);
            foreach (string line in methods.Append(EvaluationStage.Ceiling)
                .Where(line => evaluation.Methods.Any(method => method.Name == line)))
            {
                double[] values = [.. figures.Select(figure => ExperimentContext.Figure(evaluation, line, figure))];
                table.Add([start, line], values);
                if (bars.TryGetValue(line, out List<double>? ofMethod))
                    ofMethod.Add(values[0]);
            }
        }

        return new ExperimentResult(table,
            SvgChart.Bars(Title, "Pearson's r, own class", Starts, [.. methods.Select(method => (method, bars[method].ToArray()))]),
            "The same matching from standard normal noise, from the real images nearest the (sub-)centres of each group, and from the "
            + "means of its (sub-)clusters; correlations with exact retraining.");
    }
}
