using System.Diagnostics;
using System.Text.Json.Nodes;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;
using DdmNative.Attribution.Training;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;

namespace DdmNative.Runs.Stages;

/// <summary>
/// One method (<see cref="MethodRegistry"/>): <c>attribution/METHOD.npz</c> (<see cref="MethodFile"/>). Of a method that hands over models,
/// the models without each group; otherwise, and for classes and single samples, the effects. What it has computed is in
/// <c>attribution/METHOD.partial/</c> until it is done.
/// </summary>
/// <param name="job">The job.</param>
/// <param name="method">The method.</param>
/// <param name="classes">The number of classes; 0 if the stage's rows do not depend on it.</param>
/// <param name="totals">The user's own names that are also removed as a whole; null for none.</param>
internal class MethodStage(Job job, string method, int classes = 0, OwnTotals? totals = null) : Stage
{
    /// <summary>The figure that holds the method's own estimate of its memory.</summary>
    public const string EstimatedBytes = "estimated_bytes";

    /// <summary>
    /// The figure that holds the time of the method alone; of a method that hands over models, that of the models and their evaluation,
    /// without reading files or freezing features.
    /// </summary>
    public const string OnlineSeconds = "online_seconds";

    /// <summary>With more classes, the losses of all of them are computed only where something is compared on them.</summary>
    private const int MostClassRows = 100;

    private readonly IAttributionMethod _method = MethodRegistry.Create(method, job.Matching.Defaults);

    public override string Name => NameOf(method);

    public override string Title => "attribute by " + MethodRegistry.Title(method);

    public override IReadOnlyList<string> Needs => [TrainStage.StageName, GroupStage.StageName,
        .. ReadsSynset && _method.Recipe is SynsetRecipe recipe ? (string[])[DistillStage.NameOf(recipe)] : []];

    public override ShardWork InShard => _method.FallsIntoPieces ? ShardWork.Pieces : ShardWork.Dealt;

    public override object Settings => HandsOverModels && _method is IModelMethod { Settings: ModelSettings settings }
        ? totals is null ? new { method, settings.Mode, settings.Trust, settings.Feature }
            : new { method, settings.Mode, settings.Trust, settings.Feature, Totals = totals.Groups }
        : new
        {
            job.Seed,
            method,
            // A synset that the method distils itself is decided by its recipe, part of which the job may say.
            Options = _method.Recipe is SynsetRecipe recipe ? new { _method.Options, recipe } : _method.Options,
            Granularity = Columns,
            Objectives = ComparesClasses ? job.Attribution.Objectives : [.. job.Attribution.Objectives, "these alone"],
            Recorded = new ControlledReplay().Options,
            Predictions = KeyOfPredictions(job),
        };

    public override string PartialPath => MethodFile.PartialNameOf(method);

    /// <summary>What the matrix's columns are: one of <see cref="Granularity.Names"/>.</summary>
    protected virtual string Columns => job.Attribution.Granularity;

    /// <summary>Where the result is written, in the run's folder.</summary>
    protected virtual string FileName => MethodFile.NameOf(method);

    /// <summary>The job's field that names the method.</summary>
    protected virtual string Field
        => $"attribution.methods[{job.Attribution.Methods.TakeWhile(asked => !MethodRegistry.Parts(asked).Contains(method)).Count()}]";

    private bool HandsOverModels => HasModels(method, Columns);

    /// <summary>
    /// Whether the method makes a model without each single sample, whose effects are computed a few at a time. Of a method that retrains
    /// the whole network, the run keeps the models themselves.
    /// </summary>
    private bool IsRetrainedPerSample(Network network)
        => Columns == Granularity.Sample && _method is IModelMethod && !(_method is DepthMethod depth && depth.IsWhole(network));

    /// <summary>
    /// Whether the run distils the method's synset; synsets of other parts than groups are distilled by the method itself.
    /// </summary>
    private bool ReadsSynset => Columns == Granularity.Group && _method.Recipe is not null;

    public static string NameOf(string method) => "online:" + method;

    /// <summary>Whether a run keeps a method's models, and not its effects.</summary>
    /// <param name="method">The method.</param>
    /// <param name="granularity">The matrix's columns.</param>
    public static bool HasModels(string method, string granularity)
        => granularity == Granularity.Group && MethodRegistry.HasModels(method);

    /// <summary>The parts of the training set that the job asks about.</summary>
    public static GroupTable Parts(StageContext context) => Parts(context, context.Job.Attribution.Granularity);

    /// <summary>
    /// Whether the rows contain every class's loss: what exact retraining and an evaluation compare. A gradient for each of a thousand
    /// classes takes gigabytes, so with many classes they are left out if nothing is compared.
    /// </summary>
    private bool ComparesClasses => classes <= MostClassRows || job.Validation.Groups != 0 || job.Evaluation is not null;

    /// <summary>
    /// The rows that the stage computes: the job's own, then what its comparison with exact retraining and its evaluation are defined on.
    /// </summary>
    private IReadOnlyList<Objective> ObjectivesOf(int[] labels)
        => [.. JobObjectives.Expand(job.Attribution.Objectives, labels).Concat(ComparesClasses ? Objective.Defaults(labels) : [])
            .Concat(PredictionsOf(job, labels.Length)).DistinctBy(objective => objective.Name)];

    public override double? Work(TrainingPasses passes) => HandsOverModels ? _method.Work(passes) : null;

    public override string? Kept(StageContext context)
        => new PartialFiles(context, PartialPath).Count + SampleRemovals.Kept(context, PartialPath) is > 0 and int parts
            ? HandsOverModels ? $"{parts} models" : $"{parts} parts of its work"
            : null;

    /// <summary>Refuses a method that cannot work with so few parts, or without the target's training.</summary>
    /// <exception cref="BadInputException">It cannot work with so few parts.</exception>
    /// <exception cref="MissingTrajectoryException">It needs the training of a target that came without it.</exception>
    public override void Check(RunInputs inputs)
    {
        int parts = inputs.PartCount(Columns);
        if (HandsOverModels)
        {
            if (_method is DepthMethod depth && depth.IsWhole(inputs.Network))
                RunInputs.RequireTwoGroups(job, parts);
            return;
        }

        if (_method.NeedsTraining)
            TrajectoryFiles.Require(inputs, $"Method '{method}'");
        if (_method.Fault(parts) is string fault)
        {
            throw BadInputException.OfJob(Field, $"'{method}' for {parts} {(Columns == Granularity.Class ? "classes" : Columns + "s")}",
                "a method, and settings of it, that so many allow", fault);
        }
    }

    public override StageResult Run(StageContext context)
    {
        var kept = new PartialFiles(context, PartialPath);
        var figures = new Dictionary<string, double>();
        GroupTable parts = Parts(context, Columns);
        using MethodContext request = MethodRequest.Create(context, job, parts, Rows(context.Inputs.Test.Labels), kept.Pieces, figures.Add,
            ReadsSynset, HandsOverModels && totals is not null ? OwnTotals.Removals(parts.Count, totals) : null);
        (double seconds, long? estimated) = HandsOverModels ? (WriteModels(context, request), null) : WriteEffects(context, request);
        TellRetrained(context, request);
        figures.Add(OnlineSeconds, seconds + context.ByShards.Seconds);
        if (estimated is long bytes)
            figures.Add(EstimatedBytes, bytes);
        string[] models = [.. request.RetrainedFiles.Select(context.Folder.NameOf).Order(StringComparer.Ordinal)];
        return new StageResult([FileName, .. models], figures);
    }

    /// <summary>The matrix's rows.</summary>
    protected virtual IReadOnlyList<Objective> Rows(int[] labels) => ObjectivesOf(labels);

    /// <summary>Single predictions that the job's evaluation asks the effects of groups on.</summary>
    private static IEnumerable<Objective> PredictionsOf(Job job, int samples)
    {
        if (job.Evaluation is not JobEvaluation evaluation)
            return [];
        (bool margins, bool losses) = PredictionKinds(evaluation);
        int[] chosen = margins || losses ? ChosenPredictions.Of(samples, evaluation.Predictions, job.Seed) : [];
        return (margins ? chosen.Select(BrittlenessMetric.MarginOf) : []).Concat(losses ? chosen.Select(evaluation.ObjectiveOf) : []);
    }

    /// <summary>Their number where they are margins, as it was before losses could be asked for; else what they are too.</summary>
    private static JsonNode KeyOfPredictions(Job job)
    {
        (bool margins, bool losses) = job.Evaluation is JobEvaluation asked ? PredictionKinds(asked) : (false, false);
        int count = job.Evaluation?.Predictions ?? 0;
        return losses ? new JsonObject { ["count"] = count, ["margins"] = margins, ["losses"] = losses }
            : JsonValue.Create(margins ? count : 0);
    }

    /// <summary>Brittleness looks at margins, and the linear datamodelling score at what the job says.</summary>
    private static (bool Margins, bool Losses) PredictionKinds(JobEvaluation evaluation)
    {
        (bool scored, bool losses) = (evaluation.HasSubsetsOf(SubsetSetting.Groups),
            evaluation.PredictionObjective == JobEvaluation.Loss);
        return ((scored && !losses) || evaluation.Metrics.Contains(EvaluationMetrics.Brittleness), scored && losses);
    }

    private static GroupTable Parts(StageContext context, string granularity)
        => Granularity.PartsOf(granularity, GroupStage.Read(context), context.Inputs.Train.Labels);

    private static void TellRetrained(StageContext context, MethodContext request)
    {
        if (request.Retrained is { Found: > 0 } retrained)
            context.Listener.Note($"{retrained.Found} of the models were there already.");
        if (request.Models is { Damaged: > 0 } store)
            context.Listener.Note($"{store.Damaged} of the kept models were damaged; they were trained again.");
        if (request.Derivatives is { Damaged: > 0 } derivatives)
            context.Listener.Note($"{derivatives.Damaged} of the kept derivatives were damaged; they were computed again.");
    }

    private double WriteModels(StageContext context, MethodContext request)
    {
        CounterfactualLogits logits = ((IModelMethod)_method).Models(request);
        MethodFile.WriteModels(context.PathFor(FileName), logits);
        return request.Pieces.Seconds + (request.Retrained?.Seconds ?? 0);
    }

    private (double Seconds, long? Estimated) WriteEffects(StageContext context, MethodContext request)
    {
        long bytes = 0;
        var watch = Stopwatch.StartNew();
        AttributionMatrix matrix;
        try
        {
            matrix = IsRetrainedPerSample(context.Inputs.Network)
                ? new SampleRemovals(context, job, method, PartialPath).Attribute(request, Tell)
                : MethodRegistry.Attribute(method, request, Tell);
        }
        catch (MethodRequestException e)
        {
            // What only the data at hand can tell: images that are equal, a solver that diverges.
            throw BadInputException.OfJob(Field, $"'{method}'", "a method, and settings of it, that these data allow", e.Message, e);
        }

        double seconds = watch.Elapsed.TotalSeconds;
        MethodFile.WriteEffects(context.PathFor(FileName), matrix, MethodRegistry.UnitOf(method));
        return (seconds, bytes);

        void Tell(MemoryEstimate estimate)
        {
            bytes = estimate.Bytes;
            context.Listener.Note($"{method}: {estimate}.");
        }
    }
}
