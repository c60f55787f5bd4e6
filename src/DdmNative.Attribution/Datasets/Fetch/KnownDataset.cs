namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>A public data set that can be fetched by its name.</summary>
/// <param name="Name">As the command line takes it.</param>
/// <param name="Title">What it is, for people.</param>
/// <param name="Mirror">Where its publishers, or a well-known mirror, have its files.</param>
/// <param name="Files">What to fetch.</param>
public sealed record KnownDataset(string Name, string Title, string Mirror, IReadOnlyList<KnownFile> Files);

/// <summary>One file of a data set.</summary>
/// <param name="Name">Its name at the mirror.</param>
/// <param name="Sha256">SHA-256 of the file as published, lower-case hexadecimal; null where only its contents are known.</param>
/// <param name="UnpackedSha256">Of a .gz file: SHA-256 of what it unpacks to, however it was compressed; null where that is not known.</param>
/// <param name="Root">Of an archive: the folder in it that is the data set, whose contents are unpacked; null for a file that stays as it is.</param>
public sealed record KnownFile(string Name, string? Sha256, string? UnpackedSha256 = null, string? Root = null)
{
    /// <summary>Whether it is unpacked once it is there.</summary>
    public bool IsArchive => Root is not null;
}
