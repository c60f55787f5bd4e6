using System.Diagnostics;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Sharding;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Evaluation;

/// <summary>
/// Exact retraining: trains models on parts of the training set together along the ensemble axis, and stores each (<see
/// cref="RetrainedModelStore"/>) for every method, metric and comparison that needs the exact effect of a removal. A model starts as the
/// target did, and its samples keep their positions in the target's batch order.
/// </summary>
/// <remarks>
/// A member's bits do not depend on the other members, so a model is the same in whichever wave, run or process it was trained.
/// </remarks>
/// <param name="device">The device for training.</param>
/// <param name="network">The target's architecture.</param>
/// <param name="set">The training set, on the same device.</param>
/// <param name="groupOf">[N]: the group (or other part) of each training sample.</param>
/// <param name="evaluator">Evaluates models of the same network.</param>
/// <param name="identity">What determines a model; its training options are used.</param>
/// <param name="store">The store of models; null for none.</param>
/// <param name="share">The models that this process trains; null for all.</param>
public sealed class SubsetRetraining(
    Device device, Network network, TrainingSet set, int[] groupOf, ModelEvaluator evaluator, RetrainingIdentity identity,
    RetrainedModelStore? store = null, StageShare? share = null)
{
    private readonly LeaveOutTraining _training = new(device, network, set, groupOf, evaluator);
    private readonly HashSet<string> _files = [];

    /// <summary>The files of the requested models, in a shard only of its own: a result depends on them.</summary>
    public IReadOnlySet<string> Files => _files;

    /// <summary>The number of models trained so far.</summary>
    public int Trained { get; private set; }

    /// <summary>The number of different requested models that were found in the store.</summary>
    public int Found { get; private set; }

    /// <summary>The time for training and evaluating them.</summary>
    public double Seconds { get; private set; }

    /// <summary>[models][M·K]: the logits of each model, in the requested order; equal models are trained once.</summary>
    /// <param name="models">The models to train.</param>
    /// <param name="wave">The maximum number of models at once; limits memory and what an interruption loses, and never changes a
    /// result.</param>
    /// <param name="onProgress">Called with (models done, models to train); parts of models count.</param>
    /// <param name="cancellation">Checked before each step.</param>
    /// <exception cref="ArgumentException">A group does not exist, or a model would have no training data.</exception>
    /// <exception cref="AwaitingShardsException">The models of a shard are finished.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; finished waves are kept.</exception>
    public IReadOnlyList<float[]> Logits(IReadOnlyList<SubsetModel> models, int wave, Action<double, double>? onProgress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(models);
        ArgumentOutOfRangeException.ThrowIfLessThan(wave, 1);
        string[] keys = Keys(models);
        var logits = new Dictionary<string, float[]>();
        int[] different = [.. Enumerable.Range(0, models.Count).DistinctBy(i => keys[i])];
        int[] own = [.. different.Where(i => share is null || share.Owns(keys[i]))];
        foreach (int i in own)
        {
            if (store?.Find(keys[i], evaluator.Samples, network.Classes) is float[] kept)
                logits.Add(keys[i], kept);
        }

        Found += logits.Count;
        int[] missing = [.. own.Where(i => !logits.ContainsKey(keys[i]))];
        int done = 0;
        foreach (IGrouping<ulong, int> ofSeed in missing.GroupBy(i => models[i].Seed))
        {
            float[] initial = network.Initialise(ofSeed.Key);
            foreach (int[] members in ofSeed.Chunk(wave))
            {
                var watch = Stopwatch.StartNew();
                TrainingOptions recipe = identity.Training with { Seed = ofSeed.Key };
                int before = done, steps = recipe.TotalSteps(set.Count);
                IReadOnlyList<float[]> trained = _training.Train(recipe, initial, [.. members.Select(i => models[i].Removed)],
                    step => onProgress?.Invoke(before + (double)members.Length * step / steps, missing.Length), cancellation);
                Seconds += watch.Elapsed.TotalSeconds;
                share?.Spend(members.Length, watch.Elapsed.TotalSeconds);
                for (int member = 0; member < members.Length; member++)
                {
                    string key = keys[members[member]];
                    logits.Add(key, trained[member]);
                    store?.Keep(key, trained[member], evaluator.Samples, network.Classes);
                }

                Trained += members.Length;
                done += members.Length;
            }
        }

        if (store is not null)
            _files.UnionWith(own.Select(i => store.PathOf(keys[i])));
        if (share is null)
            return [.. keys.Select(key => logits[key])];
        share.Keep(_files);
        throw share.End(own.Length, different.Length);
    }

    /// <summary>[models]: the content hash of each, in the requested order.</summary>
    /// <exception cref="ArgumentException">A group does not exist, or a model would have no training data.</exception>
    public string[] Keys(IReadOnlyList<SubsetModel> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        return [.. models.Select(model => identity.KeyOf(model.Seed, Dropped(model)))];
    }

    /// <summary>[N]: whether the model is trained without each sample.</summary>
    private bool[] Dropped(SubsetModel model)
    {
        bool[] removed = _training.Marks(model.Removed);
        return Array.IndexOf(removed, false) >= 0
            ? [.. groupOf.Select(group => removed[group])]
            : throw new ArgumentException($"All {removed.Length} groups are removed; nothing would be left to train on.", nameof(model));
    }
}
