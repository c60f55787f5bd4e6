using System.Globalization;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;

namespace DdmNative.Runs.Stages;

/// <summary>
/// Removal curves: the model retrained without the groups that are most helpful according to a method, and without the most harmful,
/// compared with random groups.
/// </summary>
internal sealed class RemovalStage(Job job, JobEvaluation evaluation) : EvaluationStage(EvaluationMetrics.Removal, job, evaluation)
{
    public override string Title => "retrain without the most helpful and the most harmful groups";

    public override object Settings => new { Job.Seed, Evaluation.Seeds, Evaluation.Percent, Job.Attribution.Methods };

    public override ShardWork InShard => ShardWork.Pieces;

    public override StageResult Run(StageContext context)
    {
        using var models = new RetrainedModels(context);
        Objective[] objectives = [new(ObjectiveKind.Loss), new(ObjectiveKind.Accuracy)];
        IReadOnlyList<double> percent = Evaluation.Percent;
        var curves = new List<(string Method, string Order, int[][] Removed)>();
        foreach ((string method, AttributionMatrix effects) in Effects(context, [objectives[0]]))
        {
            double[] row = effects.Row(objectives[0].Name);
            if (row.Any(double.IsNaN))
            {
                context.Listener.Note($"No removal curve of {method}: an effect is not a number.");
                continue;
            }

            curves.Add((method, "helpful", RemovalPlan.Of(GroupRanking.MostHelpfulFirst(row, lowerIsBetter: true), percent)));
            curves.Add((method, "harmful", RemovalPlan.Of(GroupRanking.MostHarmfulFirst(row, lowerIsBetter: true), percent)));
        }

        curves.AddRange(RemovalPlan.Random(models.Groups.Count, percent, Job.Seed).Select(removed => (RandomOrder, "random", removed)));
        SubsetOutcomes outcomes = models.Outcomes(objectives, [[], .. curves.SelectMany(curve => curve.Removed)], Seeds);

        var table = new FigureTable(["method", "order", "percent"],
            [("groups", "0"), ("images", "0"), ("loss", "0.000"), ("accuracy", "0.000"), ("loss_change", "0.000"),
            ("accuracy_change", "0.000")]);
        var figures = new Dictionary<string, double>();
        (double[] loss, double[] accuracy) = (outcomes.Mean(0), outcomes.Mean(1));
        for (int c = 0; c < curves.Count; c++)
        {
            var changes = new double[percent.Count];
            for (int k = 0; k < percent.Count; k++)
            {
                int s = 1 + c * percent.Count + k;
                int[] removed = curves[c].Removed[k];
                changes[k] = loss[s] - loss[0];
                table.Add([curves[c].Method, curves[c].Order, percent[k].ToString(CultureInfo.InvariantCulture)],
                    removed.Length, removed.Sum(g => models.Groups.Sizes[g]), loss[s], accuracy[s], changes[k], accuracy[s] - accuracy[0]);
            }

            // Random orders are the baseline of both columns.
            foreach (string order in curves[c].Order == "random" ? (string[])["helpful", "harmful"] : [curves[c].Order])
            {
                string figure = FigureOf($"{order}_removed", curves[c].Method);
                int orders = curves.Count(curve => curve.Method == curves[c].Method && curve.Order == curves[c].Order);
                figures[figure] = figures.GetValueOrDefault(figure) + changes.Average() / orders;
            }
        }

        return Result(context, table, figures, models);
    }
}
