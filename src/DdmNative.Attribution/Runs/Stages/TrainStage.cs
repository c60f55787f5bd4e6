using System.Globalization;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;
using DdmNative.Attribution.Runs.Jobs;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Runs.Stages;

/// <summary>Trains the target: <c>target.safetensors</c>, <c>trajectory/</c>, and the loss of every step's batch in <c>losses.csv</c>.</summary>
internal sealed class TrainStage(Job job) : Stage
{
    public const string StageName = "train";
    public const string TargetFile = "target.safetensors";
    public const string LossFile = "losses.csv";

    /// <summary>θ_T.</summary>
    public static float[] ReadTarget(StageContext context) => ParameterFile.Read(context.Folder.PathOf(TargetFile), context.Inputs.Network);

    public override string Name => StageName;

    public override string Title => "train the target";

    public override object Settings => new { job.Seed, job.Network, job.Training };

    public override StageResult Run(StageContext context)
    {
        RunInputs inputs = context.Inputs;
        using var set = TrainingSet.Create(context.Device, inputs.Train);
        TrainingOptions recipe = RunInputs.Recipe(job);
        int steps = recipe.TotalSteps(set.Count);
        IReadOnlyList<int> recorded = [.. Trajectory.DefaultSteps(steps, BatchOrder.StepsIn(set.Count, recipe.BatchSize)), .. new ControlledReplay().RecordedSteps(steps)];
        var partial = new UnfinishedTrainingFile(context);
        UnfinishedTraining? unfinished = partial.Find();
        if (unfinished is not null)
        {
            context.Listener.Note(string.Create(CultureInfo.InvariantCulture, $"{unfinished.Steps} of {steps} steps are there already."));
            context.Listener.Resumed(unfinished.Steps, "steps");
        }

        TrainedTarget target = TargetTraining.Run(context.Device, inputs.Network, set, recipe, recorded,
            (done, total) => context.Listener.Progress(done, total, "steps"), unfinished, partial.Keep, context.Stop);
        if (Array.Exists(target.Final, value => !float.IsFinite(value)))
            throw new BadInputException("job", "training", "a training that diverged", "finite parameters", "Lower the learning rate.");
        IReadOnlyList<string> files = TrajectoryFiles.Write(context, inputs.Network, target.Trajectory);
        CurveFile.Write(context.PathFor(LossFile), "loss", target.BatchLosses.Select((loss, i) => (i + 1, (double)loss)));
        ParameterFile.Write(context.PathFor(TargetFile), inputs.Network, target.Final);

        partial.Clear();

        using var evaluator = new ModelEvaluator(context.Device, inputs.Network, inputs.Test.Images, inputs.Test.Count);
        float[] logits = evaluator.Logits(target.Final, 1);
        return new StageResult([TargetFile, LossFile, .. files], new Dictionary<string, double>
        {
            ["test_accuracy"] = new Objective(ObjectiveKind.Accuracy).Evaluate(logits, inputs.Test.Labels),
            ["test_loss"] = new Objective(ObjectiveKind.Loss).Evaluate(logits, inputs.Test.Labels),
            ["last_batch_loss"] = target.BatchLosses[^1],
        });
    }
}
