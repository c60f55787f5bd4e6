using System.Globalization;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;

namespace DdmNative.Runs.Stages;

/// <summary>
/// Counterfactual brittleness: which single predictions become wrong when the groups that support them most according to a method are left
/// out.
/// </summary>
internal sealed class BrittlenessStage(Job job, JobEvaluation evaluation) : EvaluationStage(EvaluationMetrics.Brittleness, job, evaluation)
{
    public override string Title => $"overturn {Evaluation.Predictions} single predictions";

    public override object Settings
        => new { Job.Seed, Evaluation.Seeds, Evaluation.Percent, Evaluation.Predictions, Job.Attribution.Methods };

    public override ShardWork InShard => ShardWork.Pieces;

    public override StageResult Run(StageContext context)
    {
        using var models = new RetrainedModels(context);
        int[] samples = Predictions(context);
        Objective[] margins = [.. samples.Select(BrittlenessMetric.MarginOf)];
        IReadOnlyList<double> percent = Evaluation.Percent;

        // Plans[p] removes groups for prediction Sample[p], one set for each share.
        var plans = new List<(string Method, int Sample, int[][] Removed)>();
        foreach ((string method, AttributionMatrix effects) in Effects(context, margins))
        {
            for (int i = 0; i < samples.Length; i++)
            {
                double[] row = effects.Row(margins[i].Name);
                if (!row.Any(double.IsNaN))
                    plans.Add((method, i, RemovalPlan.Of(GroupRanking.MostHelpfulFirst(row, lowerIsBetter: false), percent)));
            }
        }

        foreach (int[][] removed in RemovalPlan.Random(models.Groups.Count, percent, Job.Seed))
            plans.AddRange(Enumerable.Range(0, samples.Length).Select(i => (RandomOrder, i, removed)));
        SubsetOutcomes outcomes = models.Outcomes(margins, [[], .. plans.SelectMany(plan => plan.Removed)], Seeds);

        var table = new FigureTable(["method", "sample", "label", "seed", "percent"],
            [("images", "0"), ("margin", "0.00"), ("margin_without", "0.00"), ("flipped", "0")]);
        var figures = new Dictionary<string, double>();
        foreach (IGrouping<string, int> ofMethod in Enumerable.Range(0, plans.Count).GroupBy(p => plans[p].Method))
        {
            var (reference, without) = (new List<double>(), new List<double[]>());
            foreach (int p in ofMethod)
            {
                (string method, int i, int[][] removed) = plans[p];
                for (int r = 0; r < Seeds.Length; r++)
                {
                    double[] ofSeed = outcomes.At(r, i);
                    double[] after = ofSeed[(1 + p * percent.Count)..(1 + (p + 1) * percent.Count)];
                    reference.Add(ofSeed[0]);
                    without.Add(after);
                    for (int k = 0; k < percent.Count && ofSeed[0] > 0; k++)
                    {
                        table.Add([method, Text(samples[i]), Text(context.Inputs.Test.Labels[samples[i]]), Text(Seeds[r]),
                            Text(percent[k])],
                            removed[k].Sum(g => models.Groups.Sizes[g]), ofSeed[0], after[k], after[k] > 0 ? 0 : 1);
                    }
                }
            }

            var brittleness = BrittlenessMetric.Of(reference, without);
            figures.Add(FigureOf("flipped", ofMethod.Key), brittleness.Flipped.Average());
            figures.Add(FigureOf("margin_fall", ofMethod.Key), brittleness.MarginFall.Average());
            for (int k = 0; k < percent.Count; k++)
                figures.Add(FigureOf($"flipped_{Text(percent[k])}", ofMethod.Key), brittleness.Flipped[k]);
        }

        return Result(context, table, figures, models);
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
