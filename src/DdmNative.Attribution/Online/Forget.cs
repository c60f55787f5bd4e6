using DdmNative.Attribution.Matching;
using DdmNative.Compute;

namespace DdmNative.Attribution.Online;

/// <summary>Options of <see cref="Forget"/>.</summary>
/// <param name="Steps">Plain descent steps from θ_T.</param>
/// <param name="StepSize">η.</param>
/// <param name="Momentum">0 in the paper.</param>
/// <param name="WeighBySize">Whether group g's images have weight n_g/(N·m), its share of the training set, or 1/m whatever its
/// size.</param>
/// <param name="Part">The part of the steps that is run; below 1 if all were too many (<see cref="TrustRegion"/>).</param>
public sealed record ForgetOptions(int Steps = 10, float StepSize = 0.05f, float Momentum = 0, bool WeighBySize = true, double Part = 1);

/// <summary>
/// `forget`: the paper's online stage (Ye et al., CVPR 2024, Algorithm 1): descent from θ_T on only the reverse-matched images of the
/// removed groups, whose gradient is the negative of the groups' real gradient. One-hot masks remove each group alone; random masks (<see
/// cref="RandomMasks"/>) are used with <see cref="MaskRegression"/>.
/// </summary>
/// <remarks>Without a removal there are no images to descend on: the control is θ_T itself.</remarks>
public sealed class Forget(ForgetOptions? options = null) : IOnlineMode
{
    private readonly ForgetOptions _options = options ?? new ForgetOptions();

    public string Name => "forget";

    public object Options => _options;

    /// <inheritdoc/>
    public int Steps => TrustRegion.StepsOf(_options.Steps, _options.Part);

    /// <inheritdoc/>
    public IOnlineMode? Shorter() => new Forget(_options with { Part = _options.Part / 2 });

    /// <inheritdoc/>
    public PerturbedModels Run(OnlineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Synset synset = context.Synset;
        context.Validate(synset);
        IReadOnlyList<int[]> removals = [.. context.Removals.Select(removal => removal.Distinct().Order().ToArray())];
        int picks = Math.Max(1, removals.Max(removal => removal.Length)) * synset.PerGroup;
        using Tensor images = context.Device.Upload(synset.SharedShape, synset.Images);
        // A member uses only the images of its own groups; further positions refer to image 0 with weight zero.
        var samples = new DescentSamples(images, synset.Labels, (member, weights) => FillWeights(context, removals[member], weights))
        {
            PicksPerMember = picks,
            Indices = (member, indices) => FillIndices(synset, removals[member], indices),
        };
        float[] rates = [.. Enumerable.Repeat(_options.StepSize, Steps)];
        float[] models = new EnsembleDescent(context, _options.Momentum).Run(context.Target, samples, rates, removals.Count);
        return new PerturbedModels(context.Removals, models, context.Target);
    }

    private static void FillIndices(Synset synset, int[] removal, Span<float> indices)
    {
        for (int i = 0; i < removal.Length * synset.PerGroup; i++)
            indices[i] = removal[i / synset.PerGroup] * synset.PerGroup + i % synset.PerGroup;
    }

    private void FillWeights(OnlineContext context, int[] removal, Span<float> weights)
    {
        int perGroup = context.Synset.PerGroup;
        for (int i = 0; i < removal.Length * perGroup; i++)
        {
            double share = _options.WeighBySize ? (double)context.GroupSizes[removal[i / perGroup]] / context.TrainingCount : 1;
            weights[i] = (float)(share / perGroup);
        }
    }
}
