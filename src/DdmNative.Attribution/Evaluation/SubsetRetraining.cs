using System.Diagnostics;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Evaluation;

/// <summary>
/// Trains models on parts of the training set, together along the ensemble axis, and keeps each (<see cref="RetrainedModelStore"/>): what every metric that asks
/// "and what really happens without?" draws from. A model that goes without samples keeps the others' places in the batch order, as exact retraining does.
/// </summary>
/// <remarks>A member's bits do not depend on the members beside it, so a model is the same in whichever wave, run or process it was trained.</remarks>
/// <param name="device">Where to train.</param>
/// <param name="network">The target's architecture.</param>
/// <param name="set">The training set, on the same device.</param>
/// <param name="groupOf">[N]: the group of each training sample.</param>
/// <param name="evaluator">Evaluates models of the same network.</param>
/// <param name="identity">What decides a model; its recipe is the one that is trained.</param>
/// <param name="store">Where models are kept.</param>
public sealed class SubsetRetraining(Device device, Network network, TrainingSet set, int[] groupOf, ModelEvaluator evaluator, RetrainingIdentity identity, RetrainedModelStore store)
{
    private readonly int _groups = groupOf.Max() + 1;

    /// <summary>Models trained here so far.</summary>
    public int Trained { get; private set; }

    /// <summary>Different models that were asked for and found in the store.</summary>
    public int Found { get; private set; }

    /// <summary>Time of those trained, with their evaluation.</summary>
    public double Seconds { get; private set; }

    /// <summary>[models][M·K]: the logits of each model, in the order asked for; equal models are trained once.</summary>
    /// <param name="models">What to train.</param>
    /// <param name="wave">Most models at once; bounds memory and what an interruption loses, never changes a result.</param>
    /// <param name="onProgress">Called with (models done, models to train); parts of models count.</param>
    /// <param name="cancellation">Looked at before each step.</param>
    /// <exception cref="ArgumentException">A group does not exist, or a model would have nothing to train on.</exception>
    /// <exception cref="OperationCanceledException">Interrupted; finished waves are kept.</exception>
    public IReadOnlyList<float[]> Logits(IReadOnlyList<SubsetModel> models, int wave, Action<double, double>? onProgress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(models);
        ArgumentOutOfRangeException.ThrowIfLessThan(wave, 1);
        if (groupOf.Length != set.Count)
            throw new ArgumentException($"{groupOf.Length} samples are grouped, the training set has {set.Count}.", nameof(models));
        bool[][] dropped = [.. models.Select(Dropped)];
        string[] keys = [.. models.Select((model, i) => identity.KeyOf(model.Seed, dropped[i]))];
        var logits = new Dictionary<string, float[]>();
        var missing = new List<int>();
        for (int i = 0; i < models.Count; i++)
        {
            if (logits.ContainsKey(keys[i]))
                continue;
            float[]? kept = store.Find(keys[i], evaluator.Samples, network.Classes);
            logits.Add(keys[i], kept ?? []);
            if (kept is null)
                missing.Add(i);
            else
                Found++;
        }

        int done = 0;
        foreach (IGrouping<ulong, int> ofSeed in missing.GroupBy(i => models[i].Seed))
        {
            float[] initial = network.Initialise(ofSeed.Key);
            foreach (int[] members in ofSeed.Chunk(wave))
            {
                var watch = Stopwatch.StartNew();
                using var trainer = new EnsembleTrainer(device, network, set, identity.Training with { Seed = ofSeed.Key }, members.Length);
                int before = done;
                trainer.Run(initial, (member, sample) => dropped[members[member]][sample],
                    (step, total) => onProgress?.Invoke(before + (double)members.Length * step / total, missing.Count), cancellation);
                float[] all = evaluator.Logits(trainer.Parameters, members.Length);
                Seconds += watch.Elapsed.TotalSeconds;
                int length = evaluator.Samples * network.Classes;
                for (int member = 0; member < members.Length; member++)
                {
                    string key = keys[members[member]];
                    logits[key] = all[(member * length)..((member + 1) * length)];
                    store.Keep(key, logits[key], evaluator.Samples, network.Classes);
                }

                Trained += members.Length;
                done += members.Length;
            }
        }

        return [.. keys.Select(key => logits[key])];
    }

    /// <summary>[N]: whether the model goes without each sample.</summary>
    private bool[] Dropped(SubsetModel model)
    {
        var removed = new bool[_groups];
        foreach (int group in model.Removed)
        {
            if (group < 0 || group >= _groups)
                throw new ArgumentException($"Group {group} is not one of 0 to {_groups - 1}.", nameof(model));
            removed[group] = true;
        }

        return Array.IndexOf(removed, false) >= 0
            ? [.. groupOf.Select(group => removed[group])]
            : throw new ArgumentException($"All {_groups} groups are removed; nothing would be left to train on.", nameof(model));
    }
}
