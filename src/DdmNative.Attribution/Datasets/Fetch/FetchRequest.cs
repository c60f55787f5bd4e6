namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>From where, to where, and how a data set is fetched.</summary>
public sealed record FetchRequest
{
    /// <summary>The folder of the web or of this machine that has the files; null for the known one.</summary>
    public string? Mirror { get; init; }

    /// <summary>Where the data set goes; null for the cache (<see cref="DatasetCache"/>).</summary>
    public string? Folder { get; init; }

    /// <summary>A list of checksums to trust in place of the known ones; null for those.</summary>
    public string? Manifest { get; init; }

    /// <summary>Whether files are checked before they get their names.</summary>
    public bool Verifies { get; init; } = true;

    public DownloadOptions Download { get; init; } = new();
}
