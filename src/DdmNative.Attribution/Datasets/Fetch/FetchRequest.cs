namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>The source, destination and settings of a download.</summary>
public sealed record FetchRequest
{
    /// <summary>The web or local folder that contains the files; null for the known one.</summary>
    public string? Mirror { get; init; }

    /// <summary>The destination; null for the cache (<see cref="DatasetCache"/>).</summary>
    public string? Folder { get; init; }

    /// <summary>A list of checksums to use instead of the known ones; null for those.</summary>
    public string? Manifest { get; init; }

    /// <summary>Whether files are checked before they get their names.</summary>
    public bool Verifies { get; init; } = true;

    public DownloadOptions Download { get; init; } = new();
}
