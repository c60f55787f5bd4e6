using System.Globalization;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Online;

namespace DdmNative.Runs.Stages;

/// <summary>Warnings about a method's effects: each has one or two sentences, with the figure that caused it.</summary>
internal static class EffectWarnings
{
    private const string Advice = TrustRegion.Advice;

    /// <summary>The warnings of one method.</summary>
    /// <param name="keptLoss">The median growth of the loss on kept images (<see cref="TrustRegion"/>); null for a method without a synset
    /// of images.</param>
    /// <param name="part">The part of its update path that the mode followed.</param>
    /// <param name="check">The comparison of its effects with the last block's; null if that was not computed.</param>
    public static IEnumerable<string> Of(double? keptLoss, double? part, EffectCheck? check)
    {
        if (TrustRegion.Warning(keptLoss, part) is string warning)
            yield return warning;
        if (check is { Agrees: false })
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"the effects do not agree with a retraining of the last block: their correlation is "
                + $"{FigureText.Of(check.Agreement, "0.00")} ({EffectCheck.LeastAgreement:0.0#} or more is trusted). ")
                + $"Neither their order nor their size is reliable, and they are not scaled to real units. {Advice}";
        }
        else if (check is { TotalAgrees: false })
        {
            yield return "the effects on the total test loss do not agree with a retraining of the last block: their correlation is "
                + string.Create(CultureInfo.InvariantCulture, $"{check.Total:0.00} ({EffectCheck.LeastAgreement:0.0#} or more ")
                + "is trusted); "
                + string.Create(CultureInfo.InvariantCulture, $"over all groups and classes it is {check.Agreement:0.00}. ")
                + $"Trust a group's effect on its own class, not the order of the groups by their effect on the total. {Advice}";
        }
    }

    /// <summary>The warning that one method is left out of a mean of methods.</summary>
    /// <param name="title">The method's title.</param>
    /// <param name="check">The comparison of its effects with the last block's.</param>
    public static string OfLeftOut(string title, EffectCheck check) => string.Create(CultureInfo.InvariantCulture,
        $"{title} is left out of the mean: the correlation of its effects with a retraining of the last block is "
        + $"{FigureText.Of(check.Agreement, "0.00")} ({EffectCheck.LeastAgreement:0.0#} or more is trusted).");
}
