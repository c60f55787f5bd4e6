using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Stages;

/// <summary>
/// The effects of every group on some objectives, by the methods whose models a run has: checked, and in real units, where
/// <see cref="ReferenceStage"/> allows; with their noise, and the totals of the user's own names. Each method's file is read once.
/// </summary>
/// <param name="context">The run; its methods' and reference stages are finished.</param>
/// <param name="objectives">
/// The rows; of a method that gives effects, among those that <see cref="MethodStage"/> has computed.
/// </param>
internal sealed class MethodEffects(StageContext context, IReadOnlyList<Objective> objectives)
{
    private static readonly string TotalLoss = new Objective(ObjectiveKind.Loss).Name;

    private readonly string[] _rows = [.. objectives.Select(objective => objective.Name)];

    private readonly GroupTable _groups = GroupStage.Read(context);
    private readonly Lazy<(AttributionMatrix Effects, int[] Groups)?> _reference = new(() => ReferenceStage.Read(context));
    private readonly Dictionary<string, Found> _found = [];

    /// <summary>The user's own names that have totals; null if there are none.</summary>
    public OwnTotals? Totals => field ??= OwnTotals.For(_groups);

    /// <summary>[O, G]: the effects by a method.</summary>
    public AttributionMatrix Read(string method)
        => HasModels(method)
            ? EachGroup(Find(method).Effects)
            : MethodFile.ReadEffects(context.Folder.PathOf(MethodFile.NameOf(method)), objectives);

    /// <summary>[O, G]: the errors of a method's effects over the evaluation samples; null for a method without models.</summary>
    public AttributionMatrix? SamplingErrors(string method) => HasModels(method) ? EachGroup(Find(method).Sampling) : null;

    /// <summary>[O, G]: the noise of a method's effects, as far as it is known without exact retraining.</summary>
    /// <param name="method">The method.</param>
    /// <param name="classOf">[G]: the classes of the columns.</param>
    public AttributionMatrix Noise(string method, int[] classOf)
        => EffectNoise.Combine(_rows, classOf, null, SamplingErrors(method), HasModels(method) ? Find(method).Errors : null);

    /// <summary>[O, T]: the totals of the user's own names, their noise, and how they were computed.</summary>
    public (AttributionMatrix Effects, AttributionMatrix Noise, string By) ReadTotals(string method)
    {
        OwnTotals totals = Totals!;
        int[] sizes = [.. totals.Groups.Select(of => of.Length)];
        int[] classes = [.. totals.Groups.Select(of => of.Length > 1 ? GroupTable.SeveralClasses : _groups.ClassOf[of[0]])];
        if (!HasModels(method))
        {
            AttributionMatrix effects = Read(method);
            return (effects.SumGroups(totals.Groups), EffectNoise.Combine(_rows, classes, sizes, null, null), OwnTotals.Sum);
        }

        Found found = Find(method);
        int[] columns = totals.Columns(_groups.Count);
        return (found.Effects.SelectObjectives(_rows).SelectGroups(columns),
            EffectNoise.Combine(_rows, classes, sizes, found.Sampling.SelectObjectives(_rows).SelectGroups(columns), found.Errors),
            OwnTotals.Removal);
    }

    /// <summary>What a method's effects were found to be worth; null for a method that is not checked.</summary>
    public EffectCheck? Check(string method) => ReferenceStage.IsFor(context.Job, method) ? Find(method).Check : null;

    private bool HasModels(string method)
        => MethodRegistry.IsMean(method) || MethodStage.HasModels(method, context.Job.Attribution.Granularity);

    private AttributionMatrix EachGroup(AttributionMatrix found)
        => found.SelectObjectives(_rows).SelectGroups([.. Enumerable.Range(0, _groups.Count)]);

    private Found Find(string method)
    {
        if (_found.TryGetValue(method, out Found? known))
            return known;
        Found unscaled = MethodRegistry.IsMean(method) ? Mean(MethodRegistry.Parts(method)) : ReadModels(method);
        Found found = ReferenceStage.IsFor(context.Job, method) && _reference.Value is (AttributionMatrix reference, int[] groups)
            ? Checked(unscaled, reference, groups) : unscaled;
        _found.Add(method, found);
        return found;
    }

    private Found Checked(Found unscaled, AttributionMatrix reference, int[] groups)
    {
        int[] classOf = [.. groups.Select(g => _groups.ClassOf[g])];
        int[] testImages = TestImages();
        AttributionMatrix Compared(AttributionMatrix effects) => effects.SelectObjectives(reference.Objectives).SelectGroups(groups);
        var check = EffectCheck.Compute(Compared(unscaled.Effects), reference, classOf, _rows.Contains(TotalLoss) ? testImages : null);
        AttributionMatrix effects = unscaled.Effects.Scale(check.Scale);
        return new Found(effects, unscaled.Sampling.Scale(check.Scale), check,
            ResidualErrors.Measure(EffectCheck.WithTotal(Compared(effects), testImages), EffectCheck.WithTotal(reference, testImages),
                classOf));
    }

    /// <summary>The test images of each class that has any, in the classes' order: that of the reference's objectives.</summary>
    private int[] TestImages()
        => [.. context.Inputs.Test.Labels.CountBy(label => label).OrderBy(entry => entry.Key).Select(entry => entry.Value)];

    /// <summary>
    /// The mean of the methods that agree with the reference, each in real units; of all, where none does. Its error over the evaluation
    /// samples is at most the mean of the methods', whose models see the same samples.
    /// </summary>
    private Found Mean(IReadOnlyList<string> methods)
    {
        Found[] agreeing = [.. methods.Select(Find).Where(found => found.Check is not { Agrees: false })];
        if (agreeing.Length == 0)
            agreeing = [.. methods.Select(Find)];
        return new Found(AttributionMatrix.Mean([.. agreeing.Select(found => found.Effects)]),
            AttributionMatrix.Mean([.. agreeing.Select(found => found.Sampling)]));
    }

    /// <summary>The effects as the method's models show them: the rows, and the losses that a method is checked on.</summary>
    private Found ReadModels(string method)
    {
        int[] labels = context.Inputs.Test.Labels;
        CounterfactualLogits logits = MethodFile.ReadModels(context.Folder.PathOf(MethodFile.NameOf(method)),
            OwnTotals.Removals(_groups.Count, Totals));
        Objective[] rows = [.. objectives.Concat(Objective.Defaults(labels)).DistinctBy(objective => objective.Name)];
        return new Found(AttributionMatrix.From(logits, labels, rows), Attribution.Objectives.SamplingErrors.From(logits, labels, rows));
    }

    /// <summary>What is known of a method.</summary>
    /// <param name="Effects">[O′, R]: of every removal (<see cref="OwnTotals.Removals"/>).</param>
    /// <param name="Sampling">[O′, R]: the errors over the evaluation samples.</param>
    /// <param name="Check">The comparison with the reference; null for none.</param>
    /// <param name="Errors">The method's own errors, by the reference; null for none.</param>
    private sealed record Found(AttributionMatrix Effects, AttributionMatrix Sampling, EffectCheck? Check = null,
        ResidualErrors? Errors = null);
}
