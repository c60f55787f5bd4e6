using System.Globalization;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Online;
using DdmNative.Runs.Checkpoints;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Stages;

/// <summary>
/// Trains the target: <c>target.safetensors</c>, <c>trajectory/</c>, and the loss of every step's batch in <c>losses.csv</c>.
/// </summary>
internal sealed class TrainStage(Job job) : Stage
{
    public const string StageName = "train";
    public const string TargetFile = "target.safetensors";
    public const string LossFile = "losses.csv";

    /// <summary>θ_T.</summary>
    public static float[] ReadTarget(StageContext context) => ParameterFile.Read(context.Folder.PathOf(TargetFile), context.Inputs.Network);

    public override string Name => StageName;

    public override string Title => "train the target";

    public override object Settings
        => new { job.Seed, job.Network, Training = job.Training.Keyed(), Recorded = new ControlledReplay().Options };

    public override double? Work(TrainingPasses passes) => passes.Training;

    public override string PartialPath => UnfinishedTrainingFile.FileName;

    public override string? Kept(StageContext context)
        => new UnfinishedTrainingFile(context).Find() is UnfinishedTraining training
            ? string.Create(CultureInfo.InvariantCulture, $"{training.Steps} steps") : null;

    public override StageResult Run(StageContext context)
    {
        RunInputs inputs = context.Inputs;
        TrainingOptions recipe = RunInputs.Recipe(job);
        using var set = TrainingSet.Create(context.Device, inputs.Train, recipe.LabelSmoothing);
        int steps = recipe.TotalSteps(set.Count);
        IReadOnlyList<int> recorded = [.. Trajectory.DefaultSteps(steps, BatchOrder.StepsIn(set.Count, recipe.BatchSize)),
            .. new ControlledReplay().RecordedSteps(recipe, steps)];
        var partial = new UnfinishedTrainingFile(context);
        UnfinishedTraining? unfinished = partial.Find(context.Listener.Note);
        if (unfinished is not null)
        {
            context.Listener.Note(string.Create(CultureInfo.InvariantCulture, $"{unfinished.Steps} of {steps} steps are already done."));
            context.Listener.Resumed(unfinished.Steps, "steps");
        }

        TrainedTarget target = TargetTraining.Run(context.Device, inputs.Network, set, recipe, recorded,
            (done, total) => context.Listener.Progress(done, total, "steps"), unfinished, partial.Keep, context.Stop);
        if (Array.Exists(target.Final, value => !float.IsFinite(value)))
            throw BadInputException.OfJob("training.learning_rate", "a training that diverged", "finite parameters",
                "Lower the learning rate.");
        IReadOnlyList<string> files = TrajectoryFiles.Write(context, inputs.Network, target.Trajectory);
        CurveFile.Write(context.PathFor(LossFile), "loss", target.BatchLosses.Select((loss, i) => (i + 1, (double)loss)));
        WriteTarget(context, target.Final);
        return new StageResult([TargetFile, LossFile, .. files],
            new Dictionary<string, double>(ModelFigures.OfTest(context, target.Final)) { ["last_batch_loss"] = target.BatchLosses[^1] });
    }

    /// <summary>Writes θ_T, with the metadata that other programs need.</summary>
    public static void WriteTarget(StageContext context, float[] parameters)
        => ParameterFile.Write(context.PathFor(TargetFile), context.Inputs.Network, parameters,
            CheckpointMetadata.Of(context.Inputs.Network, context.Inputs.Normalization));
}
