using System.Globalization;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Compute;

namespace DdmNative.Attribution.Online;

/// <summary>
/// Limits for the deviation of perturbed models, beyond which their effects are not trusted; the defaults were measured on Fashion-MNIST
/// (docs/attribution-quality.md).
/// </summary>
/// <param name="Images">Training images for the check, in equal numbers from all groups.</param>
/// <param name="MostKeptLoss">The largest trusted growth of the loss on kept images, a factor.</param>
/// <param name="LossFloor">Added to both losses, in nats: a converged network's training loss is so close to zero that a factor alone has
/// no meaning.</param>
/// <param name="PilotGroups">Groups that are tried first, to determine the length of all models' update paths.</param>
/// <param name="MostHalvings">The maximum number of halvings of the update path.</param>
public sealed record TrustRegionOptions(int Images = 512, double MostKeptLoss = 1.5, double LossFloor = 0.02, int PilotGroups = 10,
    int MostHalvings = 3);

/// <summary>
/// A check of a synset mode without retraining: a model without a group must still fit the groups that it keeps, as an exactly retrained
/// one does. If the deviation diverges, or the synset's images correct it too little, the loss on kept training images exceeds the
/// target's. The mode then halves its update path, repeatedly if necessary, until the check succeeds.
/// </summary>
public sealed class TrustRegion : IDisposable
{
    /// <summary>The advice for effects that cannot be trusted.</summary>
    public const string Advice = "Compare with --depth head or --depth block:1, or retrain some groups exactly: ddm validate --count 5.";

    private readonly TrustRegionOptions _options;
    private readonly int[] _groups;
    private readonly int[] _labels;
    private readonly ModelEvaluator _evaluator;

    /// <param name="device">The device for evaluating models.</param>
    /// <param name="network">The target's architecture.</param>
    /// <param name="train">The normalised training set.</param>
    /// <param name="groupOf">[N]: the group of each training sample.</param>
    /// <param name="groupCount">G.</param>
    /// <param name="seed">The seed that selects the images.</param>
    /// <param name="options">The limits.</param>
    public TrustRegion(Device device, Network network, Dataset train, int[] groupOf, int groupCount, ulong seed,
        TrustRegionOptions? options = null)
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

    /// <summary>The warning about models that no longer fit the groups that they keep; null if they do.</summary>
    /// <param name="keptLoss">The median growth of the loss on kept images; null for a method without a synset of images.</param>
    /// <param name="part">The part of its update path that the mode followed.</param>
    public static string? Warning(double? keptLoss, double? part)
    {
        double most = new TrustRegionOptions().MostKeptLoss;
        if (!(keptLoss > most))
            return null;
        string walked = part < 1
            ? string.Create(CultureInfo.InvariantCulture, $", although the method followed only {part:0.###} of its update path") : "";
        return string.Create(CultureInfo.InvariantCulture, $"the models without a group no longer fit the groups that they keep: ")
            + string.Create(CultureInfo.InvariantCulture, $"their loss on kept training images is {keptLoss:0.0#} times the target's ")
            + string.Create(CultureInfo.InvariantCulture, $"(up to {most:0.0#} is trusted){walked}. ")
            + "The effects are too large, and their order is not reliable. " + Advice;
    }

    /// <summary>The number of steps in a part of an update path; at least one, unless the path has none.</summary>
    internal static int StepsOf(int steps, double part) => Math.Min(steps, Math.Max(1, (int)Math.Round(steps * part)));

    /// <summary>
    /// The mode with the longest update path for which the pilot groups' models stay within the limits, and the part of its own path that
    /// this is.
    /// </summary>
    /// <param name="mode">The mode with its own options.</param>
    /// <param name="context">A context whose <see cref="OnlineContext.Removals"/> are the pilot's: <see cref="Pilot"/>.</param>
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

    /// <summary>[R]: the factor by which each model's loss on check images of the groups that it keeps exceeds the control's.</summary>
    public double[] KeptLoss(PerturbedModels models)
    {
        ArgumentNullException.ThrowIfNull(models);
        double[] control = Losses(_evaluator.Logits(models.Control, 1));
        float[] logits = _evaluator.Logits(models.Parameters, models.Removals.Count);
        int length = logits.Length / models.Removals.Count;
        return [.. models.Removals.Select((removed, r) => KeptLoss(control, Losses(logits.AsSpan(r * length, length)), removed))];
    }

    /// <summary>The median of the models' factors, so that a single difficult group does not decide.</summary>
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

    /// <summary>
    /// Selects the same number of images of every group, in the order of the groups; if there are more groups than images, evenly spread
    /// groups.
    /// </summary>
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
