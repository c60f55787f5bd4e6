using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Metrics;

/// <summary>
/// Corrects the scale of approximate effects, which are too small by a constant factor: one slope, fitted on a few exact retrainings,
/// scales them to real units. Both the raw and the calibrated matrix are exported.
/// </summary>
/// <param name="Slope">The factor for predictions.</param>
/// <param name="Groups">The groups that it was fitted on, which must not be used to evaluate it.</param>
public sealed record Calibration(double Slope, IReadOnlyList<int> Groups)
{
    /// <summary>The slope through the origin over all objectives that both matrices have, on the retrained groups.</summary>
    /// <param name="predicted">[O, G], all groups.</param>
    /// <param name="exact">[O′, G′]: exact effects of the retrained groups.</param>
    /// <param name="groups">[G′]: the numbers of these groups.</param>
    /// <exception cref="ArgumentException">The numbers of columns and groups differ, there is no common objective, or all predictions are
    /// zero.</exception>
    public static Calibration Fit(AttributionMatrix predicted, AttributionMatrix exact, IReadOnlyList<int> groups)
    {
        double slope = SlopeOf(predicted, exact, groups);
        if (!double.IsFinite(slope))
            throw new ArgumentException(
                $"No slope can be fitted: no objective in common over {groups.Count} groups, or every prediction is zero.",
                nameof(exact));
        return new Calibration(slope, groups);
    }

    /// <summary>The same slope, which is not finite where none can be fitted.</summary>
    /// <exception cref="ArgumentException">The numbers of columns and groups differ.</exception>
    public static double SlopeOf(AttributionMatrix predicted, AttributionMatrix exact, IReadOnlyList<int> groups)
    {
        ArgumentNullException.ThrowIfNull(predicted);
        ArgumentNullException.ThrowIfNull(exact);
        ArgumentNullException.ThrowIfNull(groups);
        if (exact.Groups != groups.Count)
            throw new ArgumentException($"{exact.Groups} exact columns are not those of {groups.Count} groups.", nameof(groups));
        AttributionMatrix retrained = predicted.SelectGroups(groups);
        string[] common = [.. exact.Objectives.Where(name => predicted.IndexOf(name) >= 0)];
        return Correlation.SlopeThroughOrigin([.. common.SelectMany(retrained.Row)], [.. common.SelectMany(exact.Row)]);
    }

    /// <summary>The predictions in real units.</summary>
    public AttributionMatrix Apply(AttributionMatrix predicted)
    {
        ArgumentNullException.ThrowIfNull(predicted);
        return predicted.Scale(Slope);
    }
}
