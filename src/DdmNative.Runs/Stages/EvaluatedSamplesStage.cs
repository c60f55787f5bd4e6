using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;

namespace DdmNative.Runs.Stages;

/// <summary>
/// One method's effects of every training sample, for an evaluation on random subsets of samples: <c>attribution/METHOD.samples.npz</c>, as
/// <see cref="MethodStage"/> writes it with G = N. The rows are the total loss, every class's loss and the chosen predictions.
/// </summary>
/// <param name="job">The job.</param>
/// <param name="evaluation">Its evaluation.</param>
/// <param name="method">A method that gives effects of single samples; no mean of several.</param>
internal sealed class EvaluatedSamplesStage(Job job, JobEvaluation evaluation, string method) : MethodStage(job, method)
{
    private const string Suffix = ".samples";

    private readonly Job _job = job;
    private readonly string _method = method;

    public override string Name => NameOfSamples(_method);

    public override string Title => $"attribute every image by {MethodRegistry.Title(_method)}";

    public override object Settings => new
    {
        _job.Seed,
        method = _method,
        MethodRegistry.Create(_method, _job.Matching.Defaults).Options,
        Recorded = new ControlledReplay().Options,
        evaluation.Predictions,
        evaluation.PredictionObjective,
    };

    public override string PartialPath => $"attribution/{MethodRegistry.FileName(_method)}{Suffix}.partial";

    protected override string Columns => Granularity.Sample;

    protected override string FileName => FileOf(_method);

    /// <summary>The name of the stage of a method.</summary>
    public static string NameOfSamples(string method) => NameOf(method) + "@samples";

    /// <summary>The stages of a job: of every method that can say what single samples do; empty where nobody asks.</summary>
    public static IEnumerable<EvaluatedSamplesStage> For(Job job)
        => job.Evaluation is JobEvaluation evaluation && evaluation.HasSubsetsOf(SubsetSetting.Samples)
            ? MethodRegistry.Parts(MethodsOf(job)).Select(method => new EvaluatedSamplesStage(job, evaluation, method)) : [];

    /// <summary>The job's methods, and means of methods, that give effects of single samples.</summary>
    public static IEnumerable<string> MethodsOf(Job job)
        => job.Attribution.Methods.Where(method => MethodRegistry.Supports(method, Granularity.Sample));

    /// <summary>[O, N]: the effects by a method, or by a mean of methods, on some of the rows.</summary>
    public static AttributionMatrix Read(StageContext context, string method, IReadOnlyList<Objective> objectives)
        => AttributionMatrix.Mean([.. MethodRegistry.Parts(method)
            .Select(part => MethodFile.ReadEffects(context.Folder.PathOf(FileOf(part)), objectives))]);

    /// <summary>The rows, in the order of the measurements.</summary>
    /// <param name="labels">[M]: the labels of the test samples.</param>
    /// <param name="evaluation">The evaluation.</param>
    /// <param name="seed">The job's seed, which chooses the predictions.</param>
    public static IReadOnlyList<Objective> ObjectivesFor(int[] labels, JobEvaluation evaluation, ulong seed)
        => [.. Objective.Defaults(labels),
            .. ChosenPredictions.Of(labels.Length, evaluation.Predictions, seed).Select(evaluation.ObjectiveOf)];

    protected override IReadOnlyList<Objective> Rows(int[] labels) => ObjectivesFor(labels, evaluation, _job.Seed);

    private static string FileOf(string method) => $"attribution/{MethodRegistry.FileName(method)}{Suffix}.npz";
}
