using System.Globalization;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Reports;

/// <summary>The effects of a report, with as many digits as are read.</summary>
/// <param name="shown">The run's effects.</param>
/// <param name="groups">The report's groups.</param>
/// <param name="single">Whether the run's effects are those of single images, which the report sums by group.</param>
internal sealed class ReportEffects(ShownEffects shown, GroupTable groups, bool single)
{
    private IEnumerable<int> Rows => Enumerable.Range(0, shown.File.Objectives.Count);

    private IEnumerable<int> Columns => Enumerable.Range(0, groups.Count);

    /// <summary>[A][O][G].</summary>
    public IEnumerable<IEnumerable<IEnumerable<double>>> Matrices()
        => shown.Matrices.Select(matrix => matrix.Flatten().Chunk(matrix.Groups)
            .Select(row => (single ? SampleEffects.ByGroup(row, groups) : row).Select(Rounded)));

    /// <summary>[A]: [O][G], null where the noise is not known.</summary>
    public IEnumerable<IEnumerable<IEnumerable<double?>>?> Noise()
        => shown.Noise.Select((matrix, a) => matrix is null || single ? null
            : Rows.Select(o => Columns.Select(g => shown.NoiseOf(a, o, g) is double noise ? Coarse(noise) : (double?)null)));

    /// <summary>[O][G]: null for groups that were not retrained without; null if none was.</summary>
    public IEnumerable<IEnumerable<double?>>? Exact()
        => shown.Retrained == 0 || single ? null
            : Rows.Select(o => Columns.Select(g => shown.Exact(o, g) is (double effect, _) ? Rounded(effect) : (double?)null));

    /// <summary>The standard errors of <see cref="Exact"/> over seeds.</summary>
    public IEnumerable<IEnumerable<double?>>? ExactNoise()
        => shown.Retrained == 0 || single ? null
            : Rows.Select(o => Columns.Select(g => shown.Exact(o, g)?.Noise is double noise ? Coarse(noise) : (double?)null));

    /// <summary>The totals of the user's own names; null if there are none.</summary>
    public object? Totals()
    {
        if (shown.File.Totals is not TotalEffects totals || single)
            return null;
        IEnumerable<int> methods = Enumerable.Range(0, shown.Matrices.Count), names = Enumerable.Range(0, totals.Names.Length);
        return new
        {
            totals.Names, totals.By,
            effects = methods.Select(a => Rows.Select(o => names.Select(t => Rounded(shown.Total(a, o, t).Effect)))),
            noise = methods.Select(a => Rows.Select(o => names.Select(t =>
                shown.Total(a, o, t).Noise is double noise ? Coarse(noise) : (double?)null))),
        };
    }

    /// <summary>
    /// To five digits: more are not read, and the file is half as long. Zero where there is no number, as JSON has no word for it.
    /// </summary>
    public static double Rounded(double value) => To(value, "G5");

    /// <summary>The same for noise, of which fewer digits are read.</summary>
    private static double Coarse(double value) => To(value, "G3");

    private static double To(double value, string format)
        => double.IsFinite(value)
            ? double.Parse(value.ToString(format, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : 0;
}
