using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;
using DdmNative.Runs.Jobs;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Runs;

/// <summary>A loop that takes most of a job's time.</summary>
/// <param name="Name">The name of one round: <c>training step</c>.</param>
/// <param name="Run">Runs the given number of rounds.</param>
public sealed record InnerLoop(string Name, Action<int> Run);

/// <summary>
/// A job's inner loops, ready to be profiled: with its network, data and settings, but with the initialisation instead of a trained target,
/// and groups of equal size instead of clusters, which does not change the work of any kernel.
/// </summary>
public sealed class InnerLoops : IDisposable
{
    /// <summary>The number of models that are trained or evaluated together.</summary>
    private const int Models = 8;

    private readonly List<IDisposable> _owned = [];

    private InnerLoops(Device device, Job job)
    {
        RunInputs inputs = RunInputs.Load(job, RunGoal.Distill);
        float[] initial = inputs.Network.Initialise(job.Seed);
        TrainingSet set = Own(TrainingSet.Create(device, inputs.Train, RunInputs.Recipe(job).LabelSmoothing));
        int[] groups = GroupsOf(inputs, job.Groups.PerClass);
        int count = groups.Max() + 1;
        Loops =
        [
            Training("training step", members: 1),
            Training($"retraining step of {Models} models", Models),
            new InnerLoop("matching step", Matching(device, job, inputs, set, groups, count, initial)),
            new InnerLoop("online step", Online(device, inputs, groups, count, initial)),
            new InnerLoop($"evaluation of {Models} models on {inputs.Test.Count} images", Evaluation(device, inputs, initial)),
        ];

        InnerLoop Training(string name, int members) => new(name, rounds =>
        {
            using var trainer = new EnsembleTrainer(device, inputs.Network, set, RunInputs.Recipe(job) with { Steps = rounds }, members);
            trainer.Run(initial);
        });
    }

    /// <summary>Training, retraining, matching, online and evaluation.</summary>
    public IReadOnlyList<InnerLoop> Loops { get; }

    /// <summary>Reads the job's data and prepares its loops.</summary>
    /// <exception cref="BadInputException">The data are missing or do not fit the job.</exception>
    public static InnerLoops Prepare(Device device, Job job)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(job);
        return new InnerLoops(device, job);
    }

    public void Dispose() => _owned.ForEach(part => part.Dispose());

    private Action<int> Matching(Device device, Job job, RunInputs inputs, TrainingSet set, int[] groups, int count, float[] parameters)
    {
        Synset synset = SynsetOf(inputs, groups, count, job.Matching.ImagesPerGroup ?? 1);
        var options = new MatchingOptions();
        int wave = Math.Min(options.Wave, count);
        var shape = new TensorShape(wave, synset.PerGroup, synset.Image.Channels, synset.Image.Height, synset.Image.Width);
        MatchingStep step = Own(new MatchingStep(device, inputs.Network, options, shape,
            synset.Images.AsSpan(0, (int)shape.Length), synset.Labels.AsSpan(0, wave * synset.PerGroup * synset.Classes)));
        using var real = new GroupGradients(device, inputs.Network, set.Images, set.Labels, groups, count);
        step.SetParameters(parameters);
        step.SetTarget(real.At(parameters).AsSpan(0, wave * inputs.Network.ParameterCount));
        int done = 0;
        return rounds =>
        {
            for (int round = 0; round < rounds; round++)
                step.Run(++done);
        };
    }

    private static Action<int> Online(Device device, RunInputs inputs, int[] groups, int count, float[] parameters)
    {
        int[] sizes = new int[count];
        foreach (int group in groups)
            sizes[group]++;
        var context = new OnlineContext(device, inputs.Network, parameters, SynsetOf(inputs, groups, count, perGroup: 1), sizes);
        return rounds => new Repair(new RepairOptions { Steps = rounds }).Run(context);
    }

    private Action<int> Evaluation(Device device, RunInputs inputs, float[] parameters)
    {
        ModelEvaluator evaluator = Own(new ModelEvaluator(device, inputs.Network, inputs.Test));
        float[] models = [.. Enumerable.Repeat(parameters, Models).SelectMany(values => values)];
        return rounds =>
        {
            for (int round = 0; round < rounds; round++)
                evaluator.Logits(models, Models);
        };
    }

    /// <summary>[N]: the job's own groups, or the samples of every class divided evenly.</summary>
    private static int[] GroupsOf(RunInputs inputs, int perClass)
    {
        if (inputs.OwnGroups is GroupTable own)
            return own.GroupOf;
        var seen = new int[inputs.Train.Classes];
        return [.. inputs.Train.Labels.Select(label => label * perClass + seen[label]++ % perClass)];
    }

    /// <summary>The first samples of each group.</summary>
    private static Synset SynsetOf(RunInputs inputs, int[] groups, int count, int perGroup)
    {
        int[][] samples = [.. Enumerable.Range(0, count)
            .Select(group => Enumerable.Range(0, groups.Length).Where(n => groups[n] == group).ToArray())];
        int[] chosen = [.. samples.SelectMany(ofGroup => Enumerable.Range(0, perGroup).Select(i => ofGroup[i % ofGroup.Length]))];
        return new SynsetStart(inputs.Network.Input, inputs.Network.Classes, inputs.Train.Images, inputs.Train.Labels).Nearest(chosen,
            perGroup);
    }

    private T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }
}
