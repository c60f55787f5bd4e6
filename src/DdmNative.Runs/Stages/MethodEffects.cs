using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Stages;

/// <summary>
/// The effects of every group on some objectives, by the methods whose models a run has: checked, and in real units, where
/// <see cref="ReferenceStage"/> allows. Each method's file is read once.
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
    private readonly Dictionary<string, (AttributionMatrix Effects, EffectCheck? Check)> _found = [];

    /// <summary>[O, G]: the effects by a method.</summary>
    public AttributionMatrix Read(string method)
        => HasModels(method)
            ? Find(method).Effects.SelectObjectives(_rows)
            : MethodFile.ReadEffects(context.Folder.PathOf(MethodFile.NameOf(method)), objectives);

    /// <summary>What a method's effects were found to be worth; null for a method that is not checked.</summary>
    public EffectCheck? Check(string method) => ReferenceStage.IsFor(context.Job, method) ? Find(method).Check : null;

    private bool HasModels(string method)
        => MethodRegistry.IsMean(method) || MethodStage.HasModels(method, context.Job.Attribution.Granularity);

    private (AttributionMatrix Effects, EffectCheck? Check) Find(string method)
    {
        if (_found.TryGetValue(method, out (AttributionMatrix, EffectCheck?) found))
            return found;
        AttributionMatrix unscaled = MethodRegistry.IsMean(method) ? Mean(MethodRegistry.Parts(method)) : ReadModels(method);
        EffectCheck? check = ReferenceStage.IsFor(context.Job, method) && _reference.Value is (AttributionMatrix reference, int[] groups)
            ? EffectCheck.Compute(unscaled.SelectObjectives(reference.Objectives).SelectGroups(groups), reference,
                [.. groups.Select(g => _groups.ClassOf[g])], _rows.Contains(TotalLoss) ? TestImages() : null)
            : null;
        found = (check is null ? unscaled : unscaled.Scale(check.Scale), check);
        _found.Add(method, found);
        return found;
    }

    /// <summary>The test images of each class that has any, in the classes' order: that of the reference's objectives.</summary>
    private int[] TestImages()
        => [.. context.Inputs.Test.Labels.CountBy(label => label).OrderBy(entry => entry.Key).Select(entry => entry.Value)];

    /// <summary>The mean of the methods that agree with the reference, each in real units; of all, where none does.</summary>
    private AttributionMatrix Mean(IReadOnlyList<string> methods)
    {
        AttributionMatrix[] agreeing = [.. methods.Where(method => Find(method).Check is not { Agrees: false })
            .Select(method => Find(method).Effects)];
        return AttributionMatrix.Mean(agreeing.Length > 0 ? agreeing : [.. methods.Select(method => Find(method).Effects)]);
    }

    /// <summary>The effects as the method's models show them: the rows, and the losses that a method is checked on.</summary>
    private AttributionMatrix ReadModels(string method)
    {
        int[] labels = context.Inputs.Test.Labels;
        CounterfactualLogits logits = MethodFile.ReadModels(context.Folder.PathOf(MethodFile.NameOf(method)), _groups.Count);
        return AttributionMatrix.From(logits, labels,
            [.. objectives.Concat(Objective.Defaults(labels)).DistinctBy(objective => objective.Name)]);
    }
}
