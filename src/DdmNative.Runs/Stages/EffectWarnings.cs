using System.Globalization;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Online;

namespace DdmNative.Runs.Stages;

/// <summary>What a user must know before believing a method's effects, a sentence or two each with the figure behind it.</summary>
internal static class EffectWarnings
{
    private const string Advice = TrustRegion.Advice;

    /// <summary>The warnings of one method.</summary>
    /// <param name="keptLoss">The middle growth of the loss on kept images (<see cref="TrustRegion"/>); null for a method without a synset
    /// of images.</param>
    /// <param name="part">The part of its walk that the mode took.</param>
    /// <param name="check">Its effects beside the last block's; null where that was not computed.</param>
    public static IEnumerable<string> Of(double? keptLoss, double? part, EffectCheck? check)
    {
        if (TrustRegion.Warning(keptLoss, part) is string warning)
            yield return warning;
        if (check is { Agrees: false })
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"the effects do not agree with a retraining of the last block: their correlation is {FigureText.Of(check.Agreement, "0.00")} (from {EffectCheck.LeastAgreement:0.0#} on is trusted). ")
                + $"Neither their order nor their size is reliable, and they are not brought to real units. {Advice}";
        }
        else if (check is { TotalAgrees: false })
        {
            yield return "the effects on the total test loss do not agree with a retraining of the last block: their correlation is "
                + string.Create(CultureInfo.InvariantCulture, $"{check.Total:0.00} (from {EffectCheck.LeastAgreement:0.0#} on ")
                + "is trusted); "
                + string.Create(CultureInfo.InvariantCulture, $"over all groups and classes it is {check.Agreement:0.00}. ")
                + $"Trust a group's effect on its own class, not the order of the groups by their effect on the total. {Advice}";
        }
    }

    /// <summary>The warning of a mean of methods that one of them is left out of.</summary>
    /// <param name="title">The method's.</param>
    /// <param name="check">Its effects beside the last block's.</param>
    public static string OfLeftOut(string title, EffectCheck check) => string.Create(CultureInfo.InvariantCulture,
        $"{title} is left out of the mean: the correlation of its effects with a retraining of the last block is {FigureText.Of(check.Agreement, "0.00")} (from {EffectCheck.LeastAgreement:0.0#} on is trusted).");
}
