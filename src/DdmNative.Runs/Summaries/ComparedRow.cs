namespace DdmNative.Runs.Summaries;

/// <summary>A line of a <see cref="RunComparison"/>.</summary>
/// <param name="Kind"><c>ceiling</c>, <c>baseline</c> or <c>method</c>.</param>
/// <param name="Name">As the job names it.</param>
/// <param name="Correlations">By view; those that could be formed.</param>
/// <param name="OfflineSeconds">The mean over the runs; null where nothing was timed.</param>
/// <param name="OnlineSeconds">The same.</param>
/// <param name="SpeedUp">The same.</param>
public sealed record ComparedRow(string Kind, string Name, IReadOnlyDictionary<string, ComparedCorrelation> Correlations, double? OfflineSeconds = null, double? OnlineSeconds = null, double? SpeedUp = null)
{
    public const string Ceiling = "ceiling", Baseline = "baseline", Method = "method";
}

/// <summary>A correlation with exact retraining over several runs.</summary>
/// <param name="Mean">Over those runs that have it.</param>
/// <param name="Least">Of them.</param>
/// <param name="Runs">How many.</param>
public sealed record ComparedCorrelation(double Mean, double Least, int Runs);
