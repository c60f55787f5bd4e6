namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>The limits and waits of a download.</summary>
public sealed record DownloadOptions
{
    /// <summary>The longest time without data before the connection is treated as broken.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The maximum number of tries in a row without data; a try that receives data resets the count.</summary>
    public int Attempts { get; init; } = 6;

    /// <summary>The wait after the first failure; it doubles after each further failure.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);
}
