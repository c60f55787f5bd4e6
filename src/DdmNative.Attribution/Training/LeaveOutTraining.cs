using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Sharding;
using DdmNative.Compute;

namespace DdmNative.Attribution.Training;

/// <summary>
/// Trains one model with all groups and one without each left-out set of groups, all from the same initialisation, with the same batch
/// order and schedule, in waves along the ensemble axis. On whole networks this is exact retraining; on the top of one with frozen
/// features, the depth dial.
/// </summary>
/// <param name="device">The device for training.</param>
/// <param name="network">The network, or its top.</param>
/// <param name="set">Its training samples, on the same device.</param>
/// <param name="groupOf">[N]: the group of each training sample.</param>
/// <param name="evaluator">Evaluates models of the same network.</param>
public sealed class LeaveOutTraining(Device device, Network network, TrainingSet set, int[] groupOf, ModelEvaluator evaluator)
{
    /// <summary>
    /// Steps of one run of a plan if only one layer is trained: the more, the less often its parameters and their velocity are loaded from
    /// the last-level cache.
    /// </summary>
    private const int HeadStepsTogether = 8;

    private readonly int _groups = groupOf.Length == set.Count
        ? groupOf.Max() + 1 : throw new ArgumentException($"{groupOf.Length} samples are grouped, the training set has {set.Count}.",
            nameof(groupOf));

    /// <summary>Trains and evaluates the reference and all counterfactual models for one seed.</summary>
    /// <param name="recipe">The training options; the seed determines the batch order.</param>
    /// <param name="initial">[P]: the initial parameters of every model.</param>
    /// <param name="leftOut">The groups that each counterfactual model leaves out; an empty set leaves out nothing.</param>
    /// <param name="options">Wave size, resumption, progress.</param>
    /// <param name="cancellation">Checked before each step.</param>
    /// <exception cref="ArgumentException">A group does not exist.</exception>
    /// <exception cref="AwaitingShardsException">The models of a shard are finished.</exception>
    public CounterfactualLogits Run(TrainingOptions recipe, float[] initial, IReadOnlyList<int[]> leftOut, WaveOptions? options = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(leftOut);
        options ??= new WaveOptions();
        IReadOnlyList<int[]> models = [[], .. leftOut];
        long steps = recipe.TotalSteps(set.Count);
        IReadOnlyList<float[]> logits = options.Pieces.Each("model", models.Count, options.Wave,
            wave => Train(recipe, initial, [.. wave.Pieces.Select(i => models[i])],
            step => options.OnProgress?.Invoke(wave.Before * steps + (long)wave.Pieces.Length * step, wave.Total * steps), cancellation));
        return CounterfactualLogits.Of(leftOut, evaluator.Samples, network.Classes, logits);
    }

    /// <summary>[models][M·K]: trains models together along the ensemble axis and evaluates them.</summary>
    /// <param name="recipe">The training options; the seed determines the batch order.</param>
    /// <param name="initial">[P]: the initial parameters of every model.</param>
    /// <param name="removed">The groups that each model leaves out.</param>
    /// <param name="onStep">Called after each step with the steps done.</param>
    /// <param name="cancellation">Checked before each step.</param>
    /// <exception cref="ArgumentException">A group does not exist.</exception>
    public IReadOnlyList<float[]> Train(TrainingOptions recipe, float[] initial, IReadOnlyList<IReadOnlyList<int>> removed,
        Action<int>? onStep = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(removed);
        bool[][] drops = [.. removed.Select(Marks)];
        using var trainer = new EnsembleTrainer(device, network, set, recipe, drops.Length, stepsTogether: StepsTogether);
        trainer.Run(initial, (member, sample) => drops[member][groupOf[sample]], (step, _) => onStep?.Invoke(step), cancellation);
        float[] logits = evaluator.Logits(trainer.Parameters, drops.Length);
        int length = logits.Length / drops.Length;
        return [.. Enumerable.Range(0, drops.Length).Select(member => logits.AsSpan(member * length, length).ToArray())];
    }

    /// <summary>
    /// A step of a single layer is so short that loading its parameters is a large part of it, and its intermediate data are so small that
    /// a few steps fit the cache.
    /// </summary>
    private int StepsTogether => network.IsOneLayer ? HeadStepsTogether : 1;

    /// <summary>[G]: marks the groups in the list.</summary>
    /// <exception cref="ArgumentException">One of them does not exist.</exception>
    internal bool[] Marks(IReadOnlyList<int> groups)
    {
        var marks = new bool[_groups];
        foreach (int group in groups)
        {
            if (group < 0 || group >= _groups)
                throw new ArgumentException($"Group {group} is not one of 0 to {_groups - 1}.", nameof(groups));
            marks[group] = true;
        }

        return marks;
    }
}
