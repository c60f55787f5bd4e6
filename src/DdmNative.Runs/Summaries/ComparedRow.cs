namespace DdmNative.Runs.Summaries;

/// <summary>A line of a <see cref="RunComparison"/>.</summary>
/// <param name="Kind"><c>ceiling</c>, <c>baseline</c> or <c>method</c>.</param>
/// <param name="Name">The name in the job.</param>
/// <param name="Correlations">The correlations that exist, by view.</param>
/// <param name="OfflineSeconds">The mean over the runs; null if nothing was timed.</param>
/// <param name="OnlineSeconds">The same.</param>
/// <param name="SpeedUp">The same.</param>
public sealed record ComparedRow(string Kind, string Name, IReadOnlyDictionary<string, ComparedCorrelation> Correlations,
    double? OfflineSeconds = null, double? OnlineSeconds = null, double? SpeedUp = null)
{
    public const string Ceiling = "ceiling", Baseline = "baseline", Method = "method";
}

/// <summary>A correlation with exact retraining over several runs.</summary>
/// <param name="Mean">The mean over the runs that have it.</param>
/// <param name="Least">The minimum over these runs.</param>
/// <param name="Runs">The number of these runs.</param>
public sealed record ComparedCorrelation(double Mean, double Least, int Runs);
