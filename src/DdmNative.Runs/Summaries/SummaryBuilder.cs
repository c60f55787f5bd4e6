using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Stages;

namespace DdmNative.Runs.Summaries;

/// <summary>Summarises the content of a run's folder.</summary>
/// <param name="run">The folder.</param>
/// <param name="inputs">The run's data.</param>
/// <param name="finished">The stages that are finished for the current job.</param>
internal sealed class SummaryBuilder(RunFolder run, RunInputs inputs, IReadOnlyDictionary<string, StageRecord> finished)
{
    private const int Listed = 5;
    private static readonly IReadOnlyList<string> Views = EffectViews.Names;

    public RunSummary Build()
    {
        RunRecord record = run.Record!;
        StageRecord? train = Find(TrainStage.StageName);
        StageRecord? retrain = Find(RetrainStage.StageName);
        StageRecord? validate = Find(ValidateStage.StageName);
        double? modelSeconds = Figure(retrain, RetrainStage.SecondsPerModel);
        double? pyTorchSeconds = Figure(Find(PyTorchStage.StageName), PyTorchStage.SecondsPerModel);
        var summary = new RunSummary
        {
            Run = run.Folder,
            TestAccuracy = Figure(train, "test_accuracy"),
            TestLoss = Figure(train, "test_loss"),
            RetrainingSeconds = modelSeconds,
            PyTorchSeconds = pyTorchSeconds,
            SpeedUpOverPyTorch = pyTorchSeconds / modelSeconds,
            RetrainedGroups = (int?)Figure(retrain, RetrainStage.GroupsFigure),
            RetrainedSeeds = retrain is null ? null : record.Job.Validation.Seeds,
            Ceiling = validate is null ? new Dictionary<string, double>() : CorrelationsOf(validate, ValidateStage.Ceiling),
            Baselines = validate is null || !record.Job.Validation.Baselines
                ? new Dictionary<string, IReadOnlyDictionary<string, double>>()
                : BaselineStage.Names.ToDictionary(name => name,
                    name => (IReadOnlyDictionary<string, double>)CorrelationsOf(validate, name)),
            Evaluation = Evaluation(record.Job),
            Unlearned = Find(UnlearnStage.StageName)?.Figures,
            Shard = record.Shard is Shards.ShardRecord shard
                ? new ShardSummary($"{shard.Shard}", [.. shard.Shares.Select(share => new SharedStage(share.Stage, share.Own, share.Of))],
                    shard.Left)
                : null,
            Seconds = record.Stages.ToDictionary(stage => stage.Name, stage => stage.Seconds),
        };
        if (Find(AttributeStage.StageName) is null)
            return summary;

        GroupTable groups = Granularity.PartsOf(run.Record!.Job.Attribution.Granularity, GroupStage.Read(run, inputs), inputs.Train.Labels);
        var shown = ShownEffects.Read(run.Folder, validate is not null);
        MethodSummary[] methods = [
            .. record.Job.Attribution.Methods.Select(method => Method(method, groups.Count, modelSeconds, validate))];
        var lead = LeadMethod.Choose(methods);
        var objective = Objective.Parse(shown.File.Objectives[0]);
        double[] effects = [.. Enumerable.Range(0, groups.Count).Select(g => shown.Matrices[lead.Index][0, g])];
        double sign = objective.HarmSign;
        int[] order = [.. Enumerable.Range(0, groups.Count).OrderBy(g => sign * effects[g])];
        (int[] helpful, int[] harmful) = Extremes.Of(order, Listed, g => sign * effects[g] > 0);
        string? ClassName(int c) => c == GroupTable.SeveralClasses ? "several" : inputs.Train.ClassNames?[c];
        GroupEffect Describe(int g)
        {
            (double Effect, double? Noise)? exact = shown.Exact(0, g);
            double? noise = shown.NoiseOf(lead.Index, 0, g);
            return new(g, groups.Names?[g], groups.ClassOf[g], groups.ClusterOf[g], groups.Sizes[g], effects[g], exact?.Effect)
            {
                ClassName = ClassName(groups.ClassOf[g]), Noise = noise, WithinNoise = EffectNoise.Hides(effects[g], noise),
                ExactNoise = exact?.Noise,
            };
        }

        OwnGroupEffect[] own = [.. OwnGroups(shown, lead.Index).OrderByDescending(of => sign * of.Effect)];
        return summary with
        {
            Convention = AttributionMatrix.Convention,
            Objective = objective.Name,
            ObjectiveValue = shown.File.TargetValues?[0],
            Lead = methods[lead.Index].Name,
            LeadReason = lead.Reason,
            OwnGroups = own,
            Answer = [.. new Answer(objective, shown.File.TargetValues?[0], inputs.Train.ClassNames, record.Job.Attribution.Granularity,
                methods[lead.Index], shown.IsCalibrated(lead.Index)).Sentences([.. order.Select(Describe)], own)],
            MostHelpful = [.. helpful.Select(Describe)],
            MostHarmful = [.. harmful.Select(Describe)],
            Methods = methods,
        };
    }

    private EvaluationSummary? Evaluation(Job job)
    {
        StageRecord[] stages = [
            .. (job.Evaluation?.Metrics ?? []).Select(metric => Find(EvaluationStage.NameOf(metric))).OfType<StageRecord>()];
        if (stages.Length == 0)
            return null;
        double retrained = stages.Sum(stage => Figure(stage, EvaluationStage.RetrainedModels) ?? 0);
        var lines = new List<EvaluatedMethod>();
        foreach (string name in job.Attribution.Methods.Concat(
            [EvaluationStage.Ceiling, EvaluationStage.RandomOrder, EvaluationStage.OwnLoss]))
        {
            Dictionary<string, double> figures = stages.SelectMany(stage => stage.Figures)
                .Where(figure => figure.Key.EndsWith(":" + name, StringComparison.Ordinal))
                .Where(figure => figure.Key.IndexOf(':', StringComparison.Ordinal) == figure.Key.Length - name.Length - 1)
                .ToDictionary(figure => figure.Key[..^(name.Length + 1)], figure => figure.Value);
            bool isMethod = job.Attribution.Methods.Contains(name);
            if (!isMethod && figures.Count == 0)
                continue;
            (double offline, double online, long peak) = CostOf(name);
            bool hasRun = isMethod && MethodRegistry.Parts(name).Any(part => StageOf(part) is not null);
            lines.Add(hasRun ? new EvaluatedMethod(name, figures, offline, online, peak)
                : new EvaluatedMethod(name, figures, null, null, null));
        }

        return new EvaluationSummary
        {
            Metrics = [.. job.Evaluation!.Metrics.Where(metric => Find(EvaluationStage.NameOf(metric)) is not null)],
            Methods = lines,
            Lds = Find(EvaluationStage.NameOf(EvaluationMetrics.LinearDatamodeling)) is StageRecord lds ? Lds(job, lds) : [],
            Retrained = (int)retrained,
            RetrainingSeconds = retrained > 0
            ? stages.Sum(stage => Figure(stage, EvaluationStage.RetrainedSeconds) ?? 0) / retrained : null,
        };
    }

    /// <summary>The scores of every setting of the subsets, then the ceiling's.</summary>
    private static LdsScore[] Lds(Job job, StageRecord stage)
        => [.. job.Evaluation!.Settings.SelectMany(setting => job.Attribution.Methods.Append(EvaluationStage.Ceiling)
            .Select(method => LdsScore.Read(method, setting, name => Figure(stage, ValidateStage.FigureOf(name, method)))))
            .OfType<LdsScore>()];

    /// <summary>
    /// The cost of a method: the seconds for preparation and for all groups, and the peak memory. Methods that are averaged share a synset.
    /// </summary>
    private (double Offline, double Online, long PeakBytes) CostOf(string method)
    {
        (double offline, double online, long peak) = (0, 0, 0);
        var recipes = new HashSet<SynsetRecipe>();
        foreach (string part in MethodRegistry.Parts(method))
        {
            StageRecord? stage = StageOf(part);
            SynsetRecipe? recipe = run.Record!.Job.Matching.RecipeFor(part);
            StageRecord? distil = recipe is null ? null : Find(DistillStage.NameOf(recipe));
            double onlineSeconds = Figure(stage, MethodStage.OnlineSeconds) ?? 0;
            // Freezing features belongs to what is done once; for the synset modes the rest of the stage is reading files.
            offline += recipe is null ? (stage?.Seconds ?? 0) - onlineSeconds : recipes.Add(recipe) ? distil?.Seconds ?? 0 : 0;
            online += onlineSeconds;
            peak = Math.Max(peak, Math.Max(stage?.PeakBytes ?? 0, distil?.PeakBytes ?? 0));
        }

        return (offline, online, peak);
    }

    /// <summary>The stage of one method: for groups, or where these are not asked for, for single samples.</summary>
    private StageRecord? StageOf(string method)
        => Find(MethodStage.NameOf(method)) ?? Find(EvaluatedSamplesStage.NameOfSamples(method));

    private MethodSummary Method(string method, int groups, double? modelSeconds, StageRecord? validate)
    {
        (double offline, double onlineSeconds, _) = CostOf(method);
        IReadOnlyList<string> parts = MethodRegistry.Parts(method);
        StageRecord?[] online = [.. parts.Select(part => Find(MethodStage.NameOf(part)))];
        EffectCheck? check = Checked(method);
        return new MethodSummary(method, offline, onlineSeconds,
            onlineSeconds > 0 ? modelSeconds * groups / (offline + onlineSeconds) : null,
            Figure(validate, ValidateStage.FigureOf("slope", method)), validate is null
            ? new Dictionary<string, double>() : CorrelationsOf(validate, method))
        {
            KeptLoss = online.Max(stage => Figure(stage, SynsetMethod.KeptLoss)),
            Part = online.Min(stage => Figure(stage, SynsetMethod.Part)),
            Agreement = check is not null && double.IsFinite(check.Agreement) ? check.Agreement : null,
            TotalAgreement = check is not null && double.IsFinite(check.Total) ? check.Total : null,
            Agrees = check?.Agrees,
            Coverage = Figure(validate, ValidateStage.FigureOf(ValidateStage.Coverage, method)),
            Scale = check?.Scale,
            Warnings = MethodRegistry.IsMean(method)
                ? [.. parts.SelectMany((part, i) => WarningsOfPart(part, online[i], parts.Any(Agrees))),
                    .. EffectWarnings.Of(null, null, check)]
                : [.. EffectWarnings.Of(Figure(online[0], SynsetMethod.KeptLoss), Figure(online[0], SynsetMethod.Part), check)],
        };
    }

    /// <summary>The warnings of a method in a mean of methods.</summary>
    /// <param name="part">The method.</param>
    /// <param name="online">The method's stage.</param>
    /// <param name="leavesOut">Whether the mean leaves out methods that do not agree with the reference, because others do.</param>
    private IEnumerable<string> WarningsOfPart(string part, StageRecord? online, bool leavesOut)
    {
        string title = MethodRegistry.Title(part);
        if (leavesOut && Checked(part) is { Agrees: false } check)
            yield return EffectWarnings.OfLeftOut(title, check);
        foreach (string warning in EffectWarnings.Of(Figure(online, SynsetMethod.KeptLoss), Figure(online, SynsetMethod.Part), null))
            yield return $"in {title}, {warning}";
    }

    private bool Agrees(string method) => Checked(method) is not { Agrees: false };

    private EffectCheck? Checked(string method) => Find(AttributeStage.StageName) is StageRecord attribute
        ? EffectCheck.Read(attribute.Figures, method) : null;

    /// <summary>The totals of the user's own names on the first objective.</summary>
    private static IEnumerable<OwnGroupEffect> OwnGroups(ShownEffects shown, int lead)
    {
        if (shown.File.Totals is not TotalEffects totals)
            yield break;
        for (int t = 0; t < totals.Names.Length; t++)
        {
            (double effect, double? noise) = shown.Total(lead, 0, t);
            yield return new OwnGroupEffect(totals.Names[t], totals.Sizes[t], shown.File.Names!.Count(name => name == totals.Names[t]),
                effect, noise, EffectNoise.Hides(effect, noise), totals.By[lead]);
        }
    }

    private static Dictionary<string, double> CorrelationsOf(StageRecord validate, string method)
        => Views.Where(view => validate.Figures.ContainsKey(ValidateStage.FigureOf(view, method)))
            .ToDictionary(view => view, view => validate.Figures[ValidateStage.FigureOf(view, method)]);

    private StageRecord? Find(string stage) => finished.GetValueOrDefault(stage);

    private static double? Figure(StageRecord? stage, string name)
        => stage is not null && stage.Figures.TryGetValue(name, out double value) ? value : null;
}
