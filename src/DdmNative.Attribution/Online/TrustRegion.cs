using System.Globalization;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Compute;

namespace DdmNative.Attribution.Online;

/// <summary>
/// How far perturbed models may move before their effects are no longer believed; the defaults were measured on Fashion-MNIST
/// (docs/attribution-quality.md).
/// </summary>
/// <param name="Images">Training images that models are checked on, from all groups alike.</param>
/// <param name="MostKeptLoss">The largest growth of the loss on kept images that is trusted, a factor.</param>
/// <param name="LossFloor">Added to both losses, in nats: a converged network's training loss is so near zero that a factor alone says
/// nothing.</param>
/// <param name="PilotGroups">Groups that are tried first, to find how far all models walk.</param>
/// <param name="MostHalvings">How often the walk is halved at most.</param>
public sealed record TrustRegionOptions(int Images = 512, double MostKeptLoss = 1.5, double LossFloor = 0.02, int PilotGroups = 10, int MostHalvings = 3);

/// <summary>
/// What a synset mode can check by itself: a model without a group must still fit the groups that it keeps, as an exactly retrained one
/// does. A deviation that has run away, or a synset whose images pull
/// back too little, shows as a loss on kept training images that is larger than the target's. The mode then walks half as far, and again,
/// until the check holds.
/// </summary>
public sealed class TrustRegion : IDisposable
{
    /// <summary>What to do about effects that cannot be trusted.</summary>
    public const string Advice = "Compare with --depth head or --depth block:1, or retrain some groups exactly: ddm validate --count 5.";

    private readonly TrustRegionOptions _options;
    private readonly int[] _groups;
    private readonly int[] _labels;
    private readonly ModelEvaluator _evaluator;

    /// <param name="device">Where models are evaluated.</param>
    /// <param name="network">The target's architecture.</param>
    /// <param name="train">The normalised training set.</param>
    /// <param name="groupOf">[N]: the group of each training sample.</param>
    /// <param name="groupCount">G.</param>
    /// <param name="seed">Chooses the images.</param>
    /// <param name="options">The bounds.</param>
    public TrustRegion(Device device, Network network, Dataset train, int[] groupOf, int groupCount, ulong seed, TrustRegionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(groupOf);
        _options = options ?? new TrustRegionOptions();
        int[] images = Choose(groupOf, groupCount, seed, _options.Images);
        Dataset chosen = train.Select(images);
        _groups = [.. images.Select(n => groupOf[n])];
        _labels = chosen.Labels;
        _evaluator = new ModelEvaluator(device, network, chosen.Images, chosen.Count);
    }

    /// <summary>What to tell the user of models that no longer fit the groups that they keep; null where they do.</summary>
    /// <param name="keptLoss">The median growth of the loss on kept images; null for a method without a synset of images.</param>
    /// <param name="part">The part of its walk that the mode took.</param>
    public static string? Warning(double? keptLoss, double? part)
    {
        double most = new TrustRegionOptions().MostKeptLoss;
        if (!(keptLoss > most))
            return null;
        string walked = part < 1
            ? string.Create(CultureInfo.InvariantCulture, $", although the method walked only {part:0.###} of its way") : "";
        return string.Create(CultureInfo.InvariantCulture, $"the models without a group no longer fit the groups that they keep: ")
            + string.Create(CultureInfo.InvariantCulture, $"their loss on kept training images is {keptLoss:0.0#} times the target's ")
            + string.Create(CultureInfo.InvariantCulture, $"(up to {most:0.0#} is trusted){walked}. ")
            + "The effects are too large, and their order is not reliable. " + Advice;
    }

    /// <summary>The number of steps in a part of a walk; one at least, unless the walk has none.</summary>
    internal static int StepsOf(int steps, double part) => Math.Min(steps, Math.Max(1, (int)Math.Round(steps * part)));

    /// <summary>
    /// The mode, walking as far as the pilot groups' models stay within bounds, and the part of its own walk that this is.
    /// </summary>
    /// <param name="mode">As it is set.</param>
    /// <param name="context">Its <see cref="OnlineContext.Removals"/> are the pilot's: <see cref="Pilot"/>.</param>
    public (IOnlineMode Mode, double Part) Fit(IOnlineMode mode, OnlineContext context)
    {
        ArgumentNullException.ThrowIfNull(mode);
        ArgumentNullException.ThrowIfNull(context);
        double part = 1;
        for (int halvings = 0; halvings < _options.MostHalvings; halvings++)
        {
            if (Median(KeptLoss(mode.Run(context))) <= _options.MostKeptLoss || mode.Shorter() is not IOnlineMode shorter)
                break;
            (mode, part) = (shorter, part / 2);
        }

        return (mode, part);
    }

    /// <summary>A few groups, spread evenly over all, each removed alone.</summary>
    public IReadOnlyList<int[]> Pilot(int groupCount)
    {
        int count = Math.Min(_options.PilotGroups, groupCount);
        return [.. Enumerable.Range(0, count).Select(i => new[] { (int)((long)i * groupCount / count) })];
    }

    /// <summary>[R]: by which factor each model's loss on check images of the groups that it keeps is larger than the control's.</summary>
    public double[] KeptLoss(PerturbedModels models)
    {
        ArgumentNullException.ThrowIfNull(models);
        double[] control = Losses(_evaluator.Logits(models.Control, 1));
        float[] logits = _evaluator.Logits(models.Parameters, models.Removals.Count);
        int length = logits.Length / models.Removals.Count;
        return [.. models.Removals.Select((removed, r) => KeptLoss(control, Losses(logits.AsSpan(r * length, length)), removed))];
    }

    /// <summary>The middle one of the models' factors, which a single hard group does not decide.</summary>
    public static double Median(IEnumerable<double> factors)
    {
        double[] sorted = [.. factors.Order()];
        return sorted.Length == 0 ? 1 : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    public void Dispose() => _evaluator.Dispose();

    private double KeptLoss(double[] control, double[] model, int[] removed)
    {
        int[] kept = [.. Enumerable.Range(0, _groups.Length).Where(i => !removed.Contains(_groups[i]))];
        double floor = kept.Length * _options.LossFloor;
        return kept.Length == 0 ? 1 : (kept.Sum(i => model[i]) + floor) / (kept.Sum(i => control[i]) + floor);
    }

    private double[] Losses(ReadOnlySpan<float> logits)
    {
        var losses = new double[_labels.Length];
        var loss = new Objective(ObjectiveKind.Loss);
        int classes = logits.Length / losses.Length;
        for (int i = 0; i < losses.Length; i++)
            losses[i] = loss.Evaluate(logits.Slice(i * classes, classes), _labels.AsSpan(i, 1));
        return losses;
    }

    /// <summary>As many of every group, in the order of the groups; of more groups than images, evenly spread ones.</summary>
    private static int[] Choose(int[] groupOf, int groupCount, ulong seed, int count)
    {
        int[] order = SeededOrder.Permutation(groupOf.Length, seed);
        int perGroup = Math.Max(1, count / groupCount);
        var taken = new List<int>[groupCount];
        for (int g = 0; g < groupCount; g++)
            taken[g] = [];
        foreach (int n in order)
        {
            if (groupOf[n] >= 0 && taken[groupOf[n]].Count < perGroup)
                taken[groupOf[n]].Add(n);
        }

        int groups = Math.Min(groupCount, count);
        return [.. Enumerable.Range(0, groups).SelectMany(i => taken[(long)i * groupCount / groups])];
    }
}
