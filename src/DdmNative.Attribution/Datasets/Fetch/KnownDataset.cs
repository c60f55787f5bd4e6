namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>A public dataset that can be downloaded by its name.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Title">The title for people.</param>
/// <param name="Mirror">The address of its files at the publisher, or at a well-known mirror.</param>
/// <param name="Files">The files to download.</param>
public sealed record KnownDataset(string Name, string Title, string Mirror, IReadOnlyList<KnownFile> Files);

/// <summary>One file of a dataset.</summary>
/// <param name="Name">Its name at the mirror.</param>
/// <param name="Sha256">SHA-256 of the published file, lower-case hexadecimal; null if only the hash of its content is known.</param>
/// <param name="UnpackedSha256">For a .gz file: SHA-256 of the unpacked content, independent of the compression; null if it is not
/// known.</param>
/// <param name="Root">For an archive: the folder in it whose contents are unpacked; null for a file that is not unpacked.</param>
public sealed record KnownFile(string Name, string? Sha256, string? UnpackedSha256 = null, string? Root = null)
{
    /// <summary>Whether it is unpacked after the download.</summary>
    public bool IsArchive => Root is not null;
}
