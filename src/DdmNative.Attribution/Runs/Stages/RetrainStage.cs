using System.Diagnostics;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Runs.Jobs;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Runs.Stages;

/// <summary>
/// Exact retraining without groups, in waves; each finished wave is kept as <c>validation/wave-NNN.npz</c> with the stage's key in it, so that an
/// interrupted stage goes on after its last wave.
/// </summary>
internal sealed class RetrainStage(Job job) : Stage
{
    public const string StageName = "retrain";

    /// <summary>The figure that holds how many groups were retrained without.</summary>
    public const string GroupsFigure = "groups";

    /// <summary>The figure that holds the time of one retraining, where they are run together.</summary>
    public const string SecondsPerModel = "seconds_per_model";

    public override string Name => StageName;

    public override string Title => "retrain without groups, exactly";

    public override IReadOnlyList<string> Needs => [TrainStage.StageName, GroupStage.StageName];

    public override object Settings => new { job.Validation.Groups, job.Validation.Seeds };

    /// <summary>The groups that are left out in turn: all, or so many, spread over the classes: the first cluster of every class, then the second, …</summary>
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
        StageRecord record = context.Folder.Record!.Stages.First(stage => stage.Name == StageName);
        int[] chosen = ChosenGroups(job, groups);
        RetrainedWaves waves = Waves(context with { Key = record.Key }, job, chosen);
        waves.Restore();
        int length = context.Inputs.Test.Count * context.Inputs.Train.Classes;
        return [.. Seeds(job).Select(seed => Assemble(waves.Whole.Where(wave => wave.Seed == seed), chosen, context.Inputs, length))];
    }

    public override string? Kept(StageContext context)
    {
        RetrainedWaves waves = Waves(context, job, ChosenGroups(job, GroupStage.Read(context)));
        waves.Restore();
        return waves.Models > 0 ? $"{waves.Models} models" : null;
    }

    public override StageResult Run(StageContext context)
    {
        RunInputs inputs = context.Inputs;
        GroupTable groups = GroupStage.Read(context);
        int[] chosen = ChosenGroups(job, groups);
        RetrainedWaves waves = Waves(context, job, chosen);
        waves.Restore(damaged => context.Listener.Note($"{damaged} is damaged, or not what it is called; its models are trained again."));
        int found = waves.Models;
        if (found > 0)
        {
            context.Listener.Note($"{found} models are there already.");
            context.Listener.Resumed(found, "models");
        }

        using var set = TrainingSet.Create(context.Device, inputs.Train);
        using var evaluator = new ModelEvaluator(context.Device, inputs.Network, inputs.Test.Images, inputs.Test.Count);
        long steps = RunInputs.Recipe(job).TotalSteps(set.Count);
        var exact = new ExactRetraining(context.Device, inputs.Network, set, groups.GroupOf, evaluator);
        var watch = Stopwatch.StartNew();
        exact.Run(RunInputs.Recipe(job), Seeds(job), [.. chosen.Select(g => new[] { g })], new WaveOptions
        {
            Wave = context.Settings.Wave,
            Finished = waves.Whole,
            OnWave = waves.Keep,
            OnProgress = (done, total) => context.Listener.Progress((double)done / steps, (double)total / steps, "models"),
        }, context.Stop);
        waves.RemoveOthers();
        var figures = new Dictionary<string, double> { [GroupsFigure] = chosen.Length };
        if (waves.Models > found)
            figures.Add(SecondsPerModel, watch.Elapsed.TotalSeconds / (waves.Models - found));
        return new StageResult(waves.Files, figures);
    }

    private static RetrainedWaves Waves(StageContext context, Job job, int[] chosen) => new(context, Seeds(job), chosen.Length + 1);

    private static CounterfactualLogits Assemble(IEnumerable<RetrainedWave> waves, int[] chosen, RunInputs inputs, int length)
    {
        var all = new float[(chosen.Length + 1) * length];
        foreach (RetrainedWave wave in waves)
        {
            for (int i = 0; i < wave.Members.Length; i++)
                wave.Logits.AsSpan(i * length, length).CopyTo(all.AsSpan(wave.Members[i] * length));
        }

        return new CounterfactualLogits([.. chosen.Select(g => new[] { g })], inputs.Test.Count, inputs.Train.Classes, all[..length], all[length..]);
    }
}
