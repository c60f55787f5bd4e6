namespace DdmNative.Attribution.Evaluation;

/// <summary>The names of the metrics.</summary>
public static class EvaluationMetrics
{
    public const string LeaveOneOut = "leave-one-out", LinearDatamodeling = "lds", Removal = "removal", Brittleness = "brittleness",
        Mislabel = "mislabel";

    /// <summary>All names, in the order of the tables.</summary>
    public static IReadOnlyList<string> Names { get; } = [LeaveOneOut, LinearDatamodeling, Removal, Brittleness, Mislabel];
}
