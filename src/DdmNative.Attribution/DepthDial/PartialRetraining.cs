using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.DepthDial;

/// <summary>
/// Attribution by retraining the top layers of the target on the frozen activations of its lower layers: exact retraining at a fraction of
/// the cost (docs/attribution-quality.md, "The depth dial").
/// </summary>
/// <remarks>
/// The top starts from its own part of θ_0, not from θ_T, which forgets too little; batch order, schedule and momentum are the target's.
/// The control is the same retraining with nothing left out, so that both use the same random numbers. With <see cref="Depth.All"/> it is
/// exact retraining at the target's seed, with identical bits.
/// </remarks>
public sealed class PartialRetraining : IDisposable
{
    private readonly Device _device;
    private readonly Network _network;
    private readonly Network _top;
    private readonly TrainingSet _set;
    private readonly ModelEvaluator _evaluator;

    /// <summary>Computes and stores the frozen activations of both sets.</summary>
    /// <param name="device">The device for training.</param>
    /// <param name="network">The target's architecture.</param>
    /// <param name="depth">The depth of retraining.</param>
    /// <param name="target">[P]: θ_T.</param>
    /// <param name="train">The normalised training set.</param>
    /// <param name="evaluation">The normalised evaluation set.</param>
    /// <param name="labelSmoothing">ε of the training options with which the tops are trained.</param>
    public PartialRetraining(Device device, Network network, Depth depth, float[] target, Dataset train, Dataset evaluation,
        float labelSmoothing = 0)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(evaluation);
        int firstLayer = depth.FirstLayer(network);
        (_device, _network, _top) = (device, network, network.Top(firstLayer));
        TrainingFeatures = FrozenFeatures.Compute(device, network, firstLayer, target, train.Rows);
        FrozenFeatures evaluationFeatures = FrozenFeatures.Compute(device, network, firstLayer, target, evaluation.Rows);
        _set = TrainingSet.Create(device, TrainingFeatures.Rows, TrainingFeatures.Shape, train.Labels, network.Classes,
            labelSmoothing: labelSmoothing);
        _evaluator = new ModelEvaluator(device, _top, evaluationFeatures.Rows);
    }

    /// <summary>The training set's frozen activations.</summary>
    public FrozenFeatures TrainingFeatures { get; }

    /// <summary>Retrains the control and one top for each left-out set, all along the ensemble axis.</summary>
    /// <param name="recipe">The target's own training options, including the seed.</param>
    /// <param name="initial">[P]: the target's θ_0; its upper part is used.</param>
    /// <param name="groupOf">[N]: the group of each training sample.</param>
    /// <param name="leftOut">The groups that each model is trained without.</param>
    /// <param name="options">Wave size, resumption, progress.</param>
    /// <param name="cancellation">Checked before each step.</param>
    public CounterfactualLogits Run(
        TrainingOptions recipe, float[] initial, int[] groupOf, IReadOnlyList<int[]> leftOut, WaveOptions? options = null,
        CancellationToken cancellation = default)
        => new LeaveOutTraining(_device, _top, _set, groupOf, _evaluator).Run(recipe, TopOf(initial), leftOut, options, cancellation);

    /// <summary>
    /// The same on a distilled set: a few weighted samples instead of all, at a cost that does not depend on the number of samples.
    /// </summary>
    /// <param name="recipe">The target's own training options.</param>
    /// <param name="initial">[P]: the target's θ_0; its upper part is used.</param>
    /// <param name="synset">A synset of this depth's features.</param>
    /// <param name="schedule">The schedule of its samples.</param>
    /// <param name="leftOut">The groups that each model is trained without.</param>
    /// <param name="options">Wave size, resumption, progress.</param>
    /// <param name="cancellation">Cancelled before each step.</param>
    /// <exception cref="ArgumentException">The synset was computed at another depth.</exception>
    public CounterfactualLogits RunDistilled(
        TrainingOptions recipe, float[] initial, FeatureSynset synset, FeatureSynsetSchedule schedule, IReadOnlyList<int[]> leftOut,
        WaveOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(synset);
        ArgumentNullException.ThrowIfNull(schedule);
        if (synset.Features.Shape != _top.Input)
            throw new ArgumentException($"The synset has features of {synset.Features.Shape}; this depth has {_top.Input}.",
                nameof(synset));
        using var drawn = TrainingSet.Create(_device, synset.Features.Rows, synset.Features.Shape, synset.Labels, _network.Classes,
            synset.Counts, _set.LabelSmoothing);
        TrainingOptions distilled = schedule.Apply(recipe, recipe.TotalSteps(_set.Count), drawn.Count);
        return new LeaveOutTraining(_device, _top, drawn, synset.Groups, _evaluator).Run(distilled, TopOf(initial), leftOut, options,
            cancellation);
    }

    public void Dispose()
    {
        _set.Dispose();
        _evaluator.Dispose();
    }

    private float[] TopOf(float[] parameters)
        => parameters.Length == _network.ParameterCount
            ? parameters[_top.ParameterOffset..]
            : throw new ArgumentException($"{parameters.Length} parameters; the network has {_network.ParameterCount}.",
                nameof(parameters));
}
