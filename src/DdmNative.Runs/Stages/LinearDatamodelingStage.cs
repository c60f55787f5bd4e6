using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;

namespace DdmNative.Runs.Stages;

/// <summary>
/// The linear datamodelling score on random subsets of the groups, of single samples, or both: of the total loss, of every class's loss,
/// and of single predictions. <c>evaluation/lds.npz</c> contains the subsets and the measurements.
/// </summary>
internal sealed class LinearDatamodelingStage(Job job, JobEvaluation evaluation)
    : EvaluationStage(EvaluationMetrics.LinearDatamodeling, job, evaluation)
{
    private const string NpzFile = "evaluation/lds.npz";

    /// <summary>The score of the total loss as <see cref="ClassShareLink"/> predicts it, and as the classes' shares alone do.</summary>
    private const string Linked = "lds_total_linked", ByShares = "lds_total_by_shares";

    private readonly IReadOnlyList<SubsetSetting> _settings = evaluation.Settings;

    public override string Title => _settings is [{ IsDefault: true }]
        ? $"compare with {Evaluation.Subsets} random halves of the groups"
        : $"compare with {Evaluation.Subsets} random subsets of {string.Join(" and ", Evaluation.SubsetsOf)} "
            + $"(keep {string.Join(", ", _settings.Select(setting => setting.KeepText).Distinct())})";

    public override IReadOnlyList<string> Needs =>
    [
        .. Evaluation.HasSubsetsOf(SubsetSetting.Groups) ? base.Needs : [TrainStage.StageName, GroupStage.StageName],
        .. EvaluatedSamplesStage.For(Job).Select(stage => stage.Name),
    ];

    /// <summary>What was added later is left out at its defaults, so that what was measured before stays valid.</summary>
    public override object Settings => _settings is [{ IsDefault: true }] && Evaluation.PredictionObjective == JobEvaluation.Margin
        ? new { Job.Seed, Evaluation.Seeds, Evaluation.Subsets, Evaluation.Predictions, Job.Attribution.Methods }
        : new
        {
            Job.Seed, Evaluation.Seeds, Evaluation.Subsets, Evaluation.Predictions, Job.Attribution.Methods, Evaluation.SubsetsOf,
            Evaluation.Keep, Evaluation.PredictionObjective,
        };

    public override ShardWork InShard => ShardWork.Pieces;

    public override StageResult Run(StageContext context)
    {
        int[] labels = context.Inputs.Train.Labels;
        GroupTable groups = GroupStage.Read(context);
        IReadOnlyList<Objective> objectives = EvaluatedSamplesStage.ObjectivesFor(context.Inputs.Test.Labels, Evaluation, Job.Seed);

        // Whatever a subset consists of, it is trained without samples: all models are one list, which shards can divide.
        using var models = new RetrainedModels(context, Granularity.EachSample(labels));
        IReadOnlyList<int[]>[] removed = [.. _settings.Select(
            setting => setting.Draw(PartsOf(setting, groups, labels), Evaluation.Subsets, Job.Seed))];
        SubsetOutcomes outcomes = models.Outcomes(objectives,
            [.. _settings.SelectMany((setting, k) => removed[k].Select(parts => SamplesOf(setting, parts, groups)))], Seeds);
        var table = new FigureTable(["method", "subsets_of", "keep", "objective"], [("lds", "0.00")]);
        var figures = new Dictionary<string, double>();
        var (kept, measured) = (new List<(string Name, NpyArray Values)>(), new List<(string Name, NpyArray Values)>());
        Dictionary<string, IReadOnlyList<(string Method, AttributionMatrix Effects)>> effects = _settings
            .Select(setting => setting.SubsetsOf).Distinct().ToDictionary(of => of, of => EffectsOf(of, context, objectives));
        for (int k = 0; k < _settings.Count; k++)
        {
            (SubsetSetting setting, Range own) = (_settings[k], (k * Evaluation.Subsets)..((k + 1) * Evaluation.Subsets));
            foreach ((string method, AttributionMatrix matrix) in effects[setting.SubsetsOf])
            {
                Add(method, setting, [.. objectives.Select((objective, o)
                    => LinearDatamodelingScore.Compute(matrix.Row(objective.Name), removed[k], outcomes.Mean(o)[own]))]);
                if (setting.SubsetsOf == SubsetSetting.Groups
                    && ClassShareLink.For(groups, matrix, context.Inputs.Test.Labels) is ClassShareLink link)
                {
                    AddLinked(method, setting, Linked, link.Predict(removed[k]), outcomes.Mean(0)[own]);
                    AddLinked(method, setting, ByShares, link.PredictByShares(removed[k]), outcomes.Mean(0)[own]);
                }
            }

            if (Seeds.Length > 1)
                Add(Ceiling, setting, [.. objectives.Select((_, o)
                    => Agreement.Ceiling([.. Enumerable.Range(0, Seeds.Length).Select(r => outcomes.At(r, o)[own])]).Spearman)]);
            kept.Add((setting.NameOf("kept"), Kept(removed[k], PartsOf(setting, groups, labels))));
            measured.Add((setting.NameOf("outcomes"), Measured(outcomes, own, removed[k].Count)));
        }

        Npz.Write(context.PathFor(NpzFile),
            [.. kept, ("objectives", new NpyArray(objectives.Select(objective => objective.Name).ToArray(), objectives.Count)),
            ("seeds", new NpyArray(Seeds, Seeds.Length)), .. measured]);
        return Result(context, table, figures, models, NpzFile);

        void Add(string method, SubsetSetting setting, double[] scores)
        {
            for (int o = 0; o < objectives.Count; o++)
                table.Add([method, setting.SubsetsOf, setting.KeepText, objectives[o].Name], scores[o]);
            var score = LdsScore.Of(method, setting, objectives, scores, Job.Seed);
            foreach ((string name, double? value) in LdsScore.Names.Zip(score.Figures))
                figures.Add(FigureOf(setting.NameOf(name), method), value ?? double.NaN);
        }

        void AddLinked(string method, SubsetSetting setting, string name, double[] predicted, double[] measured)
            => figures.Add(FigureOf(setting.NameOf(name), method), Correlation.Spearman(predicted, measured));
    }

    private static int PartsOf(SubsetSetting setting, GroupTable groups, int[] labels)
        => setting.SubsetsOf == SubsetSetting.Samples ? labels.Length : groups.Count;

    /// <summary>The samples that a subset is trained without, ascending.</summary>
    private static int[] SamplesOf(SubsetSetting setting, int[] parts, GroupTable groups)
        => setting.SubsetsOf == SubsetSetting.Samples ? parts : [.. parts.SelectMany(groups.Members).Order()];

    /// <summary>Every method's effects of groups, or of single samples by the methods that give them.</summary>
    private IReadOnlyList<(string Method, AttributionMatrix Effects)> EffectsOf(string subsetsOf, StageContext context,
        IReadOnlyList<Objective> objectives)
    {
        if (subsetsOf == SubsetSetting.Groups)
            return Effects(context, objectives);
        string[] methods = [.. EvaluatedSamplesStage.MethodsOf(Job)];
        foreach (string other in Job.Attribution.Methods.Except(methods))
            context.Listener.Note($"{other} gives no effects of single samples, so it has no score on subsets of samples.");
        return [.. methods.Select(method => (method, EvaluatedSamplesStage.Read(context, method, objectives)))];
    }

    /// <summary>[S, parts]: 1 for each part that a subset keeps.</summary>
    private static NpyArray Kept(IReadOnlyList<int[]> removed, int parts)
    {
        var kept = new byte[removed.Count * parts];
        Array.Fill(kept, (byte)1);
        for (int s = 0; s < removed.Count; s++)
        {
            foreach (int part in removed[s])
                kept[s * parts + part] = 0;
        }

        return new NpyArray(kept, removed.Count, parts);
    }

    /// <summary>[R, O, S]: the objectives of the models of one setting.</summary>
    private static NpyArray Measured(SubsetOutcomes outcomes, Range own, int subsets)
    {
        int rows = outcomes.Objectives.Count;
        return new NpyArray(
            Enumerable.Range(0, outcomes.Seeds)
                .SelectMany(r => Enumerable.Range(0, rows).SelectMany(o => outcomes.At(r, o)[own])).ToArray(),
            outcomes.Seeds, rows, subsets);
    }
}
