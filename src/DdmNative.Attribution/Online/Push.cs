using DdmNative.Attribution.Matching;
using DdmNative.Compute;

namespace DdmNative.Attribution.Online;

/// <summary>Options of <see cref="Push"/>; the defaults were measured best on Fashion-MNIST (docs/attribution-quality.md).</summary>
/// <param name="Steps">K.</param>
/// <param name="StepSize">η; K·η/(1 − μ) is the length of the update path, whatever the length of the training.</param>
/// <param name="Momentum">μ, from zero velocity.</param>
/// <param name="Part">The part of the steps that is run; below 1 if all were too many (<see cref="TrustRegion"/>).</param>
public sealed record PushOptions(int Steps = 20, float StepSize = 0.04f, float Momentum = 0.9f, double Part = 1);

/// <summary>
/// `push`: from θ_T, the removed groups' logits are pushed along the fixed residual r = p_T − onehot (loss −⟨r, z⟩), while cross-entropy
/// keeps the other groups' images at the target's own predictions p_T. A residual sums to zero, so that softmax cross-entropy with the
/// residual as label vector is exactly that push.
/// </summary>
/// <remarks>
/// Without a removal the model does not change, because the cross-entropy towards p_T has no gradient at θ_T: the control is θ_T itself.
/// </remarks>
public sealed class Push(PushOptions? options = null) : IOnlineMode
{
    private readonly PushOptions _options = options ?? new PushOptions();

    public string Name => "push";

    public object Options => _options;

    /// <inheritdoc/>
    public int Steps => TrustRegion.StepsOf(_options.Steps, _options.Part);

    /// <inheritdoc/>
    public IOnlineMode? Shorter() => new Push(_options with { Part = _options.Part / 2 });

    /// <inheritdoc/>
    public PerturbedModels Run(OnlineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Synset synset = context.Synset;
        context.Validate(synset);
        float[] predictions = TargetPredictions.Of(context.Device, context.Network, synset, context.Target);
        using Tensor images = context.Device.Upload(synset.SharedShape, synset.Images);
        IReadOnlyList<int[]> removals = context.Removals;
        var samples = new DescentSamples(images, predictions,
            (_, weights) => ImageWeights.Fill(context, synset, [], renormalise: false, weights))
        {
            MemberLabels = (member, labels) => FillLabels(synset, predictions, removals[member], labels),
        };
        float[] rates = [.. Enumerable.Repeat(_options.StepSize, Steps)];
        float[] models = new EnsembleDescent(context, _options.Momentum).Run(context.Target, samples, rates, removals.Count);
        return new PerturbedModels(removals, models, context.Target);
    }

    /// <summary>Label vectors [G·m, K]: p_T − y for the images of removed groups, p_T for the others.</summary>
    internal static void FillLabels(Synset synset, ReadOnlySpan<float> predictions, ReadOnlySpan<int> removed, Span<float> labels)
    {
        predictions.CopyTo(labels);
        for (int i = 0; i < synset.Count; i++)
        {
            if (!removed.Contains(synset.Groups[i]))
                continue;
            for (int k = i * synset.Classes; k < (i + 1) * synset.Classes; k++)
                labels[k] -= synset.Labels[k];
        }
    }
}
