using DdmNative.Attribution.Matching;
using DdmNative.Compute;

namespace DdmNative.Attribution.Online;

/// <summary>Options of <see cref="Repair"/>; the defaults were measured best on Fashion-MNIST (docs/attribution-quality.md).</summary>
/// <param name="Steps">K.</param>
/// <param name="StepSize">η; K·η/(1 − μ) is the length of the update path, whatever the length of the training.</param>
/// <param name="Momentum">μ, from zero velocity.</param>
/// <param name="Part">The part of the steps that is run; below 1 if all were too many (<see cref="TrustRegion"/>).</param>
public sealed record RepairOptions(int Steps = 40, float StepSize = 0.02f, float Momentum = 0.9f, double Part = 1);

/// <summary>
/// `repair`: a few full-batch steps from θ_T on the forward-matched synset without the removed groups' images, against a control with all
/// of them. The other groups change the model where the removed one no longer counteracts them. It needs no stored checkpoint. With an
/// unmatched synset it is a baseline. The target's weight decay is part of the loss that a step descends: without it, the control would
/// leave θ_T.
/// </summary>
public sealed class Repair(RepairOptions? options = null) : IOnlineMode
{
    private readonly RepairOptions _options = options ?? new RepairOptions();

    public string Name => "repair";

    public object Options => _options;

    /// <inheritdoc/>
    public int Steps => TrustRegion.StepsOf(_options.Steps, _options.Part);

    /// <inheritdoc/>
    public IOnlineMode? Shorter() => new Repair(_options with { Part = _options.Part / 2 });

    /// <inheritdoc/>
    public PerturbedModels Run(OnlineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Synset synset = context.Synset;
        context.Validate(synset);
        using Tensor images = context.Device.Upload(synset.SharedShape, synset.Images);
        IReadOnlyList<int[]> removals = context.Removals;
        var samples = new DescentSamples(images, synset.Labels, (member, weights)
            => ImageWeights.Fill(context, synset, member < removals.Count ? removals[member] : [], renormalise: false, weights));
        float[] rates = [.. Enumerable.Repeat(_options.StepSize, Steps)];
        return PerturbedModels.FromEnsemble(removals,
            new EnsembleDescent(context, _options.Momentum, context.WeightDecay).Run(context.Target, samples, rates, removals.Count + 1));
    }
}
