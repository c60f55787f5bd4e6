using System.Globalization;
using System.Text;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Stages;

/// <summary>
/// Exact retraining without groups. The models are among the run's retrained ones (<see cref="RetrainedModels"/>);
/// <c>validation/models.csv</c> says which is which.
/// </summary>
internal sealed class RetrainStage(Job job) : Stage
{
    public const string StageName = "retrain";

    /// <summary>The figure that holds how many groups were retrained without.</summary>
    public const string GroupsFigure = "groups";

    /// <summary>The figure that holds the time of one retraining, where they are run together.</summary>
    public const string SecondsPerModel = "seconds_per_model";

    private const string ModelsFile = "validation/models.csv", Everything = "none";

    public override string Name => StageName;

    public override string Title => "retrain without groups, exactly";

    public override IReadOnlyList<string> Needs => [TrainStage.StageName, GroupStage.StageName];

    public override object Settings => new { job.Validation.Groups, job.Validation.Seeds, ModelsFile };

    public override ShardWork InShard => ShardWork.Pieces;

    /// <summary>
    /// The groups that are left out in turn: all, or so many, spread over the classes: the first cluster of every class, then the second, …
    /// </summary>
    public static int[] ChosenGroups(Job job, GroupTable groups)
    {
        int count = job.Validation.Groups ?? groups.Count;
        return [.. Enumerable.Range(0, groups.Count).OrderBy(g => groups.ClusterOf[g]).ThenBy(g => groups.ClassOf[g]).Take(count).Order()];
    }

    /// <summary>The target's own seed, then those after it.</summary>
    public static ulong[] Seeds(Job job) => [.. Enumerable.Range(0, job.Validation.Seeds).Select(r => job.Seed + (ulong)r)];

    /// <summary>What the finished stage found: for each seed, the logits with everything and without each chosen group.</summary>
    public static IReadOnlyList<CounterfactualLogits> Read(StageContext context, Job job, GroupTable groups)
    {
        int[][] leftOut = LeftOut(job, groups);
        (int samples, int classes) = (context.Inputs.Test.Count, context.Inputs.Train.Classes);
        RetrainedModelStore store = RetrainedModels.StoreOf(context);
        var models = new List<float[]>();
        using var rows = new CsvRows(context.Folder.PathOf(ModelsFile));
        rows.Require("seed", "without", "model");
        while (rows.Next())
        {
            models.Add(store.Find(rows.Text("model"), samples, classes)
                ?? throw new BadInputException(store.PathOf(rows.Text("model")), "retrained model", "none, or a damaged one",
                    "the model that validation/models.csv names", "Run the same command again: it is trained again."));
        }

        return [.. models.Chunk(leftOut.Length + 1).Select(ofSeed => CounterfactualLogits.Of(leftOut, samples, classes, ofSeed))];
    }

    public override double? Work(TrainingPasses passes)
        => job.Validation.Seeds * ((job.Validation.Groups ?? passes.Groups) + 1) * passes.Training;

    public override string? Kept(StageContext context) => RetrainedModels.Kept(context);

    public override StageResult Run(StageContext context)
    {
        using var models = new RetrainedModels(context);
        int[][] leftOut = LeftOut(job, models.Groups);
        ulong[] seeds = Seeds(job);
        models.Logits([[], .. leftOut], seeds);
        string[] keys = models.Keys([[], .. leftOut], seeds);
        var table = new StringBuilder("seed,without,model\n");
        for (int i = 0; i < keys.Length; i++)
        {
            int member = i % (leftOut.Length + 1);
            table.Append(CultureInfo.InvariantCulture,
                $"{seeds[i / (leftOut.Length + 1)]},{(member == 0 ? Everything : leftOut[member - 1][0])},{keys[i]}\n");
        }

        AtomicFile.WriteText(context.PathFor(ModelsFile), table.ToString());
        var figures = new Dictionary<string, double> { [GroupsFigure] = leftOut.Length };
        if (models.Trained > 0)
            figures.Add(SecondsPerModel, models.Seconds / models.Trained);
        return new StageResult([ModelsFile, .. models.Files], figures);
    }

    private static int[][] LeftOut(Job job, GroupTable groups) => [.. ChosenGroups(job, groups).Select(g => new[] { g })];
}
