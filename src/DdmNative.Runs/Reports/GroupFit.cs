using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Reports;

/// <summary>
/// How effects of single images, added up by group, stand to the groups' effects by the run's first method, over all objectives that both have. Methods for single images order them well and mostly
/// miss the size, so the report brings theirs to that of the groups; it says so, and how well the two agree.
/// </summary>
/// <param name="Scale">What the images' effects are multiplied with: the slope through the origin; null where it is not above zero, or there is none.</param>
/// <param name="Correlation">Pearson's; null where one of the two does not vary.</param>
internal sealed record GroupFit(double? Scale, double? Correlation)
{
    public static GroupFit Of(SampleEffects effects, AttributionFile attribution, GroupTable groups)
    {
        double[][] matrix = [.. attribution.Matrices[0].Flatten().Chunk(groups.Count)];
        int[] rows = [.. Enumerable.Range(0, matrix.Length).Where(o => effects.Rows[o] is not null)];
        double[] sums = [.. rows.SelectMany(o => SampleEffects.ByGroup(effects.Rows[o]!, groups))], asked = [.. rows.SelectMany(o => matrix[o])];
        double slope = Attribution.Metrics.Correlation.SlopeThroughOrigin(sums, asked), correlation = Attribution.Metrics.Correlation.Pearson(sums, asked);
        return new GroupFit(slope > 0 && double.IsFinite(slope) ? slope : null, double.IsFinite(correlation) ? correlation : null);
    }
}
