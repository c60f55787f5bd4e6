using System.Diagnostics;
using System.Globalization;
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
        List<RetrainedWave> waves = [.. record.Files.Keys.Select(name => ReadWave(context.Folder.PathOf(name), record.Key)!)];
        int[] chosen = ChosenGroups(job, groups);
        int length = context.Inputs.Test.Count * context.Inputs.Train.Classes;
        return [.. Seeds(job).Select(seed => Assemble(waves.Where(wave => wave.Seed == seed), chosen, context.Inputs, length))];
    }

    public override StageResult Run(StageContext context)
    {
        RunInputs inputs = context.Inputs;
        GroupTable groups = GroupStage.Read(context);
        int[] chosen = ChosenGroups(job, groups);
        List<string> names = [];
        List<RetrainedWave> finished = [];
        while (ReadWave(context.Folder.PathOf(NameOf(finished.Count)), context.Key) is RetrainedWave wave)
        {
            names.Add(NameOf(finished.Count));
            finished.Add(wave);
        }

        int there = finished.Sum(wave => wave.Members.Length);
        if (there > 0)
        {
            context.Listener.Note($"{there} models are there already.");
            context.Listener.Resumed(there, "models");
        }

        using var set = TrainingSet.Create(context.Device, inputs.Train);
        using var evaluator = new ModelEvaluator(context.Device, inputs.Network, inputs.Test.Images, inputs.Test.Count);
        long steps = RunInputs.Recipe(job).TotalSteps(set.Count);
        var exact = new ExactRetraining(context.Device, inputs.Network, set, groups.GroupOf, evaluator);
        var watch = Stopwatch.StartNew();
        exact.Run(RunInputs.Recipe(job), Seeds(job), [.. chosen.Select(g => new[] { g })], new WaveOptions
        {
            Wave = context.Settings.Wave,
            Finished = finished,
            OnWave = wave =>
            {
                string name = NameOf(names.Count);
                WriteWave(context.PathFor(name), context.Key, wave);
                names.Add(name);
            },
            OnProgress = (done, total) => context.Listener.Progress((double)done / steps, (double)total / steps, "models"),
        }, context.Stop);
        var figures = new Dictionary<string, double> { [GroupsFigure] = chosen.Length };
        int trained = (chosen.Length + 1) * job.Validation.Seeds - there;
        if (trained > 0)
            figures.Add(SecondsPerModel, watch.Elapsed.TotalSeconds / trained);
        return new StageResult(names, figures);
    }

    private static string NameOf(int wave) => string.Create(CultureInfo.InvariantCulture, $"validation/wave-{wave:D3}.npz");

    private static void WriteWave(string path, string key, RetrainedWave wave)
        => Npz.Write(path,
            ("key", new NpyArray(new[] { key }, 1)),
            ("seed", new NpyArray(new[] { wave.Seed }, 1)),
            ("members", new NpyArray(wave.Members, wave.Members.Length)),
            ("logits", new NpyArray(wave.Logits, wave.Members.Length, wave.Logits.Length / wave.Members.Length)));

    /// <summary>A wave of these settings; null where there is none, or one of other settings.</summary>
    private static RetrainedWave? ReadWave(string path, string key)
    {
        if (!File.Exists(path))
            return null;
        NpzContents file = Npz.Read(path);
        return file.Elements<string>("key")[0] == key
            ? new RetrainedWave(file.Elements<ulong>("seed")[0], file.Elements<int>("members"), file.Elements<float>("logits"))
            : null;
    }

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
