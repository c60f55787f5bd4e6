using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;

namespace DdmNative.Runs.Stages;

/// <summary>
/// The linear datamodelling score on random halves of the groups: of the total loss, of every class's loss, and of single predictions'
/// margins. <c>evaluation/lds.npz</c> contains the halves and the measurements.
/// </summary>
internal sealed class LinearDatamodelingStage(Job job, JobEvaluation evaluation)
    : EvaluationStage(EvaluationMetrics.LinearDatamodeling, job, evaluation)
{
    private const string NpzFile = "evaluation/lds.npz";

    public override string Title => $"compare with {Evaluation.Subsets} random halves of the groups";

    public override object Settings
        => new { Job.Seed, Evaluation.Seeds, Evaluation.Subsets, Evaluation.Predictions, Job.Attribution.Methods };

    public override ShardWork InShard => ShardWork.Pieces;

    public override StageResult Run(StageContext context)
    {
        using var models = new RetrainedModels(context);
        int[] samples = Predictions(context);
        IReadOnlyList<Objective> objectives = [.. Objective.Defaults(context.Inputs.Test.Labels),
            .. samples.Select(BrittlenessMetric.MarginOf)];
        IReadOnlyList<int[]> halves = RandomSubsets.Draw(models.Groups.Count, RandomSubsets.Half, Evaluation.Subsets, Job.Seed);
        SubsetOutcomes outcomes = models.Outcomes(objectives, halves, Seeds);
        var table = new FigureTable(["method", "objective"], [("lds", "0.00")]);
        var figures = new Dictionary<string, double>();
        foreach ((string method, AttributionMatrix effects) in Effects(context, objectives))
            Add(method, [.. objectives.Select(
                (objective, o) => LinearDatamodelingScore.Compute(effects.Row(objective.Name), halves, outcomes.Mean(o)))]);
        if (Seeds.Length > 1)
            Add(Ceiling, [.. objectives.Select(
                (_, o) => Agreement.Ceiling([.. Enumerable.Range(0, Seeds.Length).Select(r => outcomes.At(r, o))]).Spearman)]);
        WriteOutcomes(context.PathFor(NpzFile), outcomes, models.Groups.Count);
        return Result(context, table, figures, models, NpzFile);

        void Add(string method, double[] scores)
        {
            for (int o = 0; o < objectives.Count; o++)
                table.Add([method, objectives[o].Name], scores[o]);
            figures.Add(FigureOf("lds_total", method), scores[0]);
            figures.Add(FigureOf("lds_class", method), MeanOver(objective => objective.Class is not null));
            figures.Add(FigureOf("lds_sample", method), MeanOver(objective => objective.Samples is not null));

            // A score that does not exist (a loss that no half changes, a method with the same effect for all groups) is not zero.
            double MeanOver(Func<Objective, bool> of)
            {
                double[] some = [.. scores.Where((score, o) => of(objectives[o]) && double.IsFinite(score))];
                return some.Length > 0 ? some.Average() : double.NaN;
            }
        }
    }

    private void WriteOutcomes(string path, SubsetOutcomes outcomes, int groups)
    {
        (int count, int rows) = (outcomes.Removed.Count, outcomes.Objectives.Count);
        var kept = new byte[count * groups];
        for (int s = 0; s < count; s++)
        {
            for (int g = 0; g < groups; g++)
                kept[s * groups + g] = (byte)(outcomes.Removed[s].Contains(g) ? 0 : 1);
        }

        Npz.Write(path,
            ("kept", new NpyArray(kept, count, groups)),
            ("objectives", new NpyArray(outcomes.Objectives.Select(objective => objective.Name).ToArray(), rows)),
            ("seeds", new NpyArray(Seeds, Seeds.Length)),
            ("outcomes", new NpyArray(
            Enumerable.Range(0, outcomes.Seeds).SelectMany(r => Enumerable.Range(0, rows).SelectMany(o => outcomes.At(r, o))).ToArray(),
            outcomes.Seeds, rows, count)));
    }
}
