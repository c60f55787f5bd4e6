using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Metrics;

/// <summary>
/// Pearson correlations of predicted with exact effects of single groups on the evaluation losses. NaN if one is undefined (effects that do
/// not vary, only one class).
/// </summary>
/// <param name="Same">Each group's effect on the loss of its own class.</param>
/// <param name="All">All (group, class) pairs.</param>
/// <param name="Off">The pairs of a group and another class than its own.</param>
/// <param name="Total">Each group's effect on the total loss.</param>
/// <param name="Within">As <paramref name="Same"/>, after subtracting on both sides the mean over the groups of each class.</param>
/// <param name="Slope">The factor from predicted to exact own-class effects, through the origin: above 1 if predictions are too
/// small.</param>
public sealed record EffectCorrelations(double Same, double All, double Off, double Total, double Within, double Slope)
{
    /// <summary>Compares two matrices that have the rows <c>loss</c> and <c>loss:class=c</c>.</summary>
    /// <param name="predicted">[O, G].</param>
    /// <param name="exact">[O, G], for the same groups.</param>
    /// <param name="classOf">[G]: the class of each column's group.</param>
    /// <exception cref="ArgumentException">The groups differ, or the loss of a group's class is missing from a matrix.</exception>
    public static EffectCorrelations Compute(AttributionMatrix predicted, AttributionMatrix exact, IReadOnlyList<int> classOf)
    {
        ArgumentNullException.ThrowIfNull(predicted);
        ArgumentNullException.ThrowIfNull(exact);
        ArgumentNullException.ThrowIfNull(classOf);
        if (predicted.Groups != exact.Groups || exact.Groups != classOf.Count)
            throw new ArgumentException(
                $"The predicted matrix has {predicted.Groups} groups, the exact one {exact.Groups}, and {classOf.Count} classes are given.",
                nameof(exact));
        int[] classes = EffectViews.ClassesIn(exact);
        EffectViews p = EffectViews.Of(predicted, classes, classOf), e = EffectViews.Of(exact, classes, classOf);
        return new EffectCorrelations(
            Correlation.Pearson(p.Same, e.Same),
            Correlation.Pearson(p.All, e.All),
            Correlation.Pearson(p.Off, e.Off),
            Correlation.Pearson(p.Total, e.Total),
            Correlation.Pearson(p.Within, e.Within),
            Correlation.SlopeThroughOrigin(p.Same, e.Same));
    }

    /// <summary>The mean over several comparisons, figure by figure.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static EffectCorrelations Mean(IReadOnlyList<EffectCorrelations> several)
    {
        ArgumentNullException.ThrowIfNull(several);
        if (several.Count == 0)
            throw new ArgumentException("The mean of no comparisons.", nameof(several));
        return new EffectCorrelations(
            several.Average(c => c.Same), several.Average(c => c.All), several.Average(c => c.Off),
            several.Average(c => c.Total), several.Average(c => c.Within), several.Average(c => c.Slope));
    }
}
