using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Runs.Reports;

/// <summary>
/// Compares effects of single images, summed by group, with the groups' effects by the run's leading method, over all objectives that both
/// have. Methods for single images rank groups well but often have the wrong scale, so the report multiplies their effects to match the
/// groups'; it reports that, and how well the two agree.
/// </summary>
/// <param name="Scale">The factor for the images' effects: the slope through the origin; null if it is not positive or does not
/// exist.</param>
/// <param name="Correlation">Pearson's correlation; null if one of the two does not vary.</param>
internal sealed record GroupFit(double? Scale, double? Correlation)
{
    public static GroupFit Of(SampleEffects effects, AttributionMatrix matrix, GroupTable groups)
    {
        double[][] effectsOfGroups = [.. matrix.Flatten().Chunk(groups.Count)];
        int[] rows = [.. Enumerable.Range(0, effectsOfGroups.Length).Where(o => effects.Rows[o] is not null)];
        double[] sums = [.. rows.SelectMany(o => SampleEffects.ByGroup(effects.Rows[o]!, groups))],
            asked = [.. rows.SelectMany(o => effectsOfGroups[o])];
        double slope = Attribution.Metrics.Correlation.SlopeThroughOrigin(sums, asked),
            correlation = Attribution.Metrics.Correlation.Pearson(sums, asked);
        return new GroupFit(slope > 0 && double.IsFinite(slope) ? slope : null, double.IsFinite(correlation) ? correlation : null);
    }
}
