using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Shards;

namespace DdmNative.Runs.Stages;

/// <summary>
/// The training images whose labels are most likely wrong, <c>suspects.csv</c>: those of the largest own loss under the target. On planted
/// wrong labels no other score of one pass or a few ranks better (docs/evaluation.md, "Suspected wrong labels").
/// </summary>
internal sealed class SuspectStage : Stage
{
    public const string StageName = "suspects";

    /// <summary>The score, in the file's first line.</summary>
    public const string Score = "the target's own loss on the training image under its label, larger is more suspicious";

    /// <summary>The most that are listed, and the largest share of the training images.</summary>
    private const int Most = 200, OneOf = 20;

    private static readonly Objective Loss = new(ObjectiveKind.Loss);

    public override string Name => StageName;

    public override string Title => "rank training images by suspected wrong labels";

    public override IReadOnlyList<string> Needs => [TrainStage.StageName];

    public override object Settings => new { Score, Most, OneOf };

    public override ShardWork InShard => ShardWork.Dealt;

    public override double? Work(TrainingPasses passes) => passes.Images / 3.0;

    public override StageResult Run(StageContext context)
    {
        Dataset train = context.Inputs.Train;
        var losses = new double[train.Count];
        var predictions = new (int Class, double Probability)[train.Count];
        using var evaluator = new ModelEvaluator(context.Device, context.Inputs.Network, train);
        evaluator.Visit(TrainStage.ReadTarget(context), 1, (_, n, logits) =>
        {
            losses[n] = Loss.Evaluate(logits, train.Labels.AsSpan(n, 1));
            predictions[n] = Prediction.Of(logits);
        });
        int[] order = [.. Enumerable.Range(0, train.Count).OrderByDescending(n => losses[n]).ThenBy(n => n)
            .Take(Math.Clamp(train.Count / OneOf, 1, Most))];
        Suspect[] suspects = [.. order.Select(n => new Suspect(train.SourceIndices[n], train.Labels[n], losses[n], predictions[n].Class,
            predictions[n].Probability, losses[n]) { File = train.FileOf(n) })];
        SuspectFile.Write(context.PathFor(SuspectFile.Name), Score, suspects, train);
        return new StageResult([SuspectFile.Name], new Dictionary<string, double>
        {
            ["listed"] = suspects.Length,
            ["predicted_otherwise"] = suspects.Count(suspect => suspect.Predicted != suspect.Label),
        });
    }
}
