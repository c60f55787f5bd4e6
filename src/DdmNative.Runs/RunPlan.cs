using System.Diagnostics;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Runs;

/// <summary>A stage of a planned run.</summary>
/// <param name="Name">The name in <c>run.json</c>.</param>
/// <param name="Title">The title for people.</param>
/// <param name="IsDone">Whether the run's folder contains it, finished under the present settings.</param>
/// <param name="Seconds">The estimated time on this machine; null if it cannot be estimated, zero if it is finished.</param>
public sealed record PlannedStage(string Name, string Title, bool IsDone, double? Seconds);

/// <summary>What a run would do, and its estimated time; nothing is written.</summary>
/// <param name="Stages">The stages in order.</param>
/// <param name="Seconds">The total of all stages that can be estimated.</param>
/// <param name="NotEstimated">The stages that cannot be estimated.</param>
public sealed record RunPlan(IReadOnlyList<PlannedStage> Stages, double Seconds, IReadOnlyList<string> NotEstimated)
{
    /// <summary>The members and the batch of the training that is timed.</summary>
    private const int Members = 8, Batch = 64;

    private static readonly TimeSpan Timed = TimeSpan.FromSeconds(0.5);

    /// <summary>Plans a run.</summary>
    /// <param name="folder">The run's folder, which need not exist.</param>
    /// <param name="job">The job, already checked.</param>
    /// <param name="goal">The goal.</param>
    /// <param name="settings">The settings that control how the run is carried out.</param>
    /// <param name="device">The device that would run it, and whose speed is measured.</param>
    /// <exception cref="Attribution.Formats.BadInputException">An input is wrong.</exception>
    public static RunPlan Make(string folder, Job job, RunGoal goal, RunSettings settings, Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        var inputs = RunInputs.Load(job, goal, settings.Given);
        RunRecord? record = RunFolder.Peek(folder);
        IReadOnlyList<Stage> stages = StageList.For(inputs.Job, goal, settings, inputs, record);
        foreach (Stage stage in stages)
            stage.Check(inputs);
        IReadOnlyDictionary<string, StageRecord> finished = record is null
            ? new Dictionary<string, StageRecord>() : new Pipeline(stages, inputs.Sha256).Finished(record);
        double perPass = SecondsPerPass(inputs, device);
        var work = inputs.Passes;
        PlannedStage[] planned = [.. stages.Select(stage => finished.ContainsKey(stage.Name)
            ? new PlannedStage(stage.Name, stage.Title, IsDone: true, 0)
            : new PlannedStage(stage.Name, stage.Title, IsDone: false, stage.Work(work) * perPass))];
        return new RunPlan(planned, planned.Sum(stage => stage.Seconds ?? 0),
            [.. planned.Where(stage => stage.Seconds is null).Select(stage => stage.Name)]);
    }

    /// <summary>The training time per image if models are trained together, measured with some steps on the run's own images.</summary>
    private static double SecondsPerPass(RunInputs inputs, Device device)
    {
        int images = Math.Min(inputs.Train.Count, 4 * Batch);
        TrainingOptions recipe = RunInputs.Recipe(inputs.Job) with { BatchSize = Math.Min(Batch, images), Steps = 4 };
        using var set = TrainingSet.Create(device, inputs.Train.Select([.. Enumerable.Range(0, images)]), recipe.LabelSmoothing);
        using var trainer = new EnsembleTrainer(device, inputs.Network, set, recipe, Members);
        float[] initial = inputs.Network.Initialise(inputs.Job.Seed);
        trainer.Run(initial);
        var watch = Stopwatch.StartNew();
        int rounds = 0;
        do
        {
            trainer.Run(initial);
            rounds++;
        }
        while (watch.Elapsed < Timed);
        return watch.Elapsed.TotalSeconds / ((double)rounds * recipe.TotalSteps(images) * recipe.BatchSize * Members);
    }
}
