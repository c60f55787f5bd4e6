namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>How patient a download is.</summary>
public sealed record DownloadOptions
{
    /// <summary>The longest that nothing may arrive before the connection counts as broken.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Tries in a row that may bring nothing; one that brings something starts the count again.</summary>
    public int Attempts { get; init; } = 6;

    /// <summary>The wait after the first failure; doubled after each further one.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);
}
