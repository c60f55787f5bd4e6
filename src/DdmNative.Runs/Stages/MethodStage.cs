using System.Diagnostics;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;

namespace DdmNative.Runs.Stages;

/// <summary>
/// One method of the suite (<see cref="MethodRegistry"/>): <c>attribution/METHOD.npz</c> with <c>objectives</c> [O], <c>matrix</c> [O, G], <c>unit</c> and <c>convention</c>. What it has computed
/// lies in <c>attribution/METHOD.partial/</c> until it is done.
/// </summary>
internal class MethodStage(Job job, string method) : Stage
{
    /// <summary>The figure that holds the method's own estimate of its memory.</summary>
    public const string EstimatedBytes = "estimated_bytes";

    public override string Name => OnlineStage.NameOf(method);

    public override string Title => "attribute by " + AttributionMethods.Title(method);

    public override IReadOnlyList<string> Needs => [TrainStage.StageName, GroupStage.StageName];

    public override ShardWork InShard => MethodRegistry.Create(method).FallsIntoPieces ? ShardWork.Pieces : ShardWork.Dealt;

    public override object Settings => new { job.Seed, method, MethodRegistry.Create(method).Options, Granularity = Columns, job.Attribution.Objectives, Recorded = new ControlledReplay().Options, Predictions = PredictionsOf(job) };

    /// <summary>What the matrix's columns are: one of <see cref="Granularity.Names"/>.</summary>
    protected virtual string Columns => job.Attribution.Granularity;

    /// <summary>Where the matrix is written, in the run's folder.</summary>
    protected virtual string FileName => OnlineResult.NameOf(method);

    /// <summary>The matrix's rows.</summary>
    protected virtual IReadOnlyList<Objective> Rows(int[] labels) => ObjectivesOf(job, labels);

    /// <summary>The parts of the training set that the job asks about.</summary>
    public static GroupTable Parts(StageContext context) => Parts(context, context.Job.Attribution.Granularity);

    /// <summary>The matrix that the finished stage has left, those rows of it.</summary>
    /// <exception cref="ArgumentException">A row was not asked of the method.</exception>
    public static AttributionMatrix Read(string path, IReadOnlyList<Objective> objectives)
    {
        NpzContents file = Npz.Read(path);
        string[] names = file.Elements<string>("objectives");
        double[] values = file.Elements<double>("matrix");
        int groups = file["matrix"].Shape[1];
        var rows = new double[objectives.Count, groups];
        for (int o = 0; o < objectives.Count; o++)
        {
            int row = Array.IndexOf(names, objectives[o].Name);
            if (row < 0)
                throw new ArgumentException($"{path} has no row '{objectives[o].Name}'; it has {string.Join(", ", names)}.", nameof(objectives));
            for (int g = 0; g < groups; g++)
                rows[o, g] = values[row * groups + g];
        }

        return new AttributionMatrix([.. objectives.Select(objective => objective.Name)], rows);
    }

    /// <summary>The rows that the stage computes: the job's own, then what its comparison with exact retraining and its evaluation are defined on.</summary>
    public static IReadOnlyList<Objective> ObjectivesOf(Job job, int[] labels)
        => [.. JobObjectives.Expand(job.Attribution.Objectives, labels).Concat(Objective.Defaults(labels))
            .Concat(ChosenPredictions.Of(labels.Length, PredictionsOf(job), job.Seed).Select(BrittlenessMetric.MarginOf)).DistinctBy(objective => objective.Name)];

    /// <summary>Single predictions that the job's evaluation looks at.</summary>
    private static int PredictionsOf(Job job)
        => job.Evaluation is JobEvaluation evaluation && evaluation.Metrics.Any(metric => metric is EvaluationMetrics.LinearDatamodeling or EvaluationMetrics.Brittleness) ? evaluation.Predictions : 0;

    private static GroupTable Parts(StageContext context, string granularity) => Granularity.PartsOf(granularity, GroupStage.Read(context), context.Inputs.Train.Labels);

    public override string PartialPath => OnlineResult.PartialNameOf(method);

    public override string? Kept(StageContext context) => new PartialFiles(context, PartialPath).Count is > 0 and int parts ? $"{parts} parts of its work" : null;

    /// <summary>The job's field that names the method.</summary>
    protected virtual string Field
        => $"attribution.methods[{job.Attribution.Methods.TakeWhile(asked => !AttributionMethods.Parts(asked).Contains(method)).Count()}]";

    /// <summary>Refuses a method that cannot work with so few parts, or without the target's training.</summary>
    /// <exception cref="BadInputException">It cannot work with so few parts.</exception>
    /// <exception cref="Attribution.Online.MissingTrajectoryException">It needs the training of a target that came without it.</exception>
    public override void Check(RunInputs inputs)
    {
        int parts = inputs.PartCount(Columns);
        IAttributionMethod asked = MethodRegistry.Create(method);
        if (asked.NeedsTraining)
            TrajectoryFiles.Require(inputs, $"Method '{method}'");
        if (asked.Fault(parts) is string fault)
            throw BadInputException.OfJob(Field, $"'{method}' for {parts} {(Columns == Granularity.Class ? "classes" : Columns + "s")}",
                "a method, and settings of it, that so many allow", fault);
    }

    public override StageResult Run(StageContext context)
    {
        RunInputs inputs = context.Inputs;
        var kept = new PartialFiles(context, PartialPath);
        using var request = new MethodContext(context.Device, inputs.Network, inputs.Train, inputs.Test, Parts(context, Columns), Rows(inputs.Test.Labels), RunInputs.Recipe(job))
        {
            Target = TrainStage.ReadTarget(context),
            Trajectory = TrajectoryFiles.Read(context.Folder, inputs.Network),
            Seed = job.Seed,
            LargestWave = context.Settings.LargestWave,
            MemoryLimit = context.Settings.MemoryLimit,
            Pieces = kept.Pieces,
            Identity = RetrainedModels.IdentityOf(context),
            Models = RetrainedModels.StoreOf(context),
            OnProgress = context.Listener.Progress,
            OnWarning = context.Listener.Note,
            Cancellation = context.Stop,
        };
        long bytes = 0;
        var watch = Stopwatch.StartNew();
        AttributionMatrix matrix;
        try
        {
            matrix = MethodRegistry.Attribute(method, request, estimate =>
            {
                bytes = estimate.Bytes;
                context.Listener.Note($"{method}: {estimate}.");
            });
        }
        catch (MethodRequestException e)
        {
            // What only the data at hand can tell: images that are equal, a solver that diverges.
            throw BadInputException.OfJob(Field, $"'{method}'", "a method, and settings of it, that these data allow", e.Message, e);
        }

        double seconds = watch.Elapsed.TotalSeconds;
        Npz.Write(context.PathFor(FileName),
            ("objectives", new NpyArray(matrix.Objectives.ToArray(), matrix.Objectives.Count)),
            ("matrix", new NpyArray(AttributeStage.Flat(matrix), matrix.Objectives.Count, matrix.Groups)),
            ("unit", new NpyArray(new[] { MethodRegistry.Find(method)!.Unit }, 1)),
            ("convention", new NpyArray(new[] { AttributionMatrix.Convention }, 1)));
        string[] models = [.. request.RetrainedFiles.Select(context.Folder.NameOf).Order(StringComparer.Ordinal)];
        return new StageResult([FileName, .. models], new Dictionary<string, double> { [OnlineStage.OnlineSeconds] = seconds + context.ByShards.Seconds, [EstimatedBytes] = bytes });
    }
}
