using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Metrics;

/// <summary>
/// Approximate effects are too small by a steady factor; one slope, fitted on a few exact retrainings, puts them in real units.
/// Both the raw and the calibrated matrix are exported.
/// </summary>
/// <param name="Slope">What predictions are multiplied by.</param>
/// <param name="Groups">The groups it was fitted on, which must not be used to judge it.</param>
public sealed record Calibration(double Slope, IReadOnlyList<int> Groups)
{
    /// <summary>The slope through the origin over all objectives that both matrices have, on the retrained groups.</summary>
    /// <param name="predicted">[O, G], all groups.</param>
    /// <param name="exact">[O′, G′]: exact effects of the retrained groups.</param>
    /// <param name="groups">[G′]: which groups those are.</param>
    /// <exception cref="ArgumentException">The columns are not as many as the groups, no objective is common, or all predictions are zero.</exception>
    public static Calibration Fit(AttributionMatrix predicted, AttributionMatrix exact, IReadOnlyList<int> groups)
    {
        ArgumentNullException.ThrowIfNull(predicted);
        ArgumentNullException.ThrowIfNull(exact);
        ArgumentNullException.ThrowIfNull(groups);
        if (exact.Groups != groups.Count)
            throw new ArgumentException($"{exact.Groups} exact columns are not those of {groups.Count} groups.", nameof(groups));
        AttributionMatrix retrained = predicted.SelectGroups(groups);
        string[] common = [.. exact.Objectives.Where(name => predicted.IndexOf(name) >= 0)];
        double slope = Correlation.SlopeThroughOrigin([.. common.SelectMany(retrained.Row)], [.. common.SelectMany(exact.Row)]);
        if (!double.IsFinite(slope))
            throw new ArgumentException($"No slope can be fitted: {common.Length} objectives in common over {groups.Count} groups, or every prediction is zero.", nameof(exact));
        return new Calibration(slope, groups);
    }

    /// <summary>The predictions in real units.</summary>
    public AttributionMatrix Apply(AttributionMatrix predicted)
    {
        ArgumentNullException.ThrowIfNull(predicted);
        return predicted.Scale(Slope);
    }
}
