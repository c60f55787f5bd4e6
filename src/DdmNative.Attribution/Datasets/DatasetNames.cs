using DdmNative.Attribution.Datasets.Fetch;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>Suggestions for a mistyped dataset name.</summary>
internal static class DatasetNames
{
    /// <summary>Returns a sentence with the most similar name, with a leading space; empty if no name is similar.</summary>
    /// <param name="specification">What the user typed: neither the name of a dataset nor a folder.</param>
    public static string Suggestion(string specification)
    {
        string[] parts = specification.Split(':', 2);
        string meant = parts.Length == 2 && NearestWord.Of(parts[0], [GeneratedDataset.Name]) is string generated
            ? $"{generated}:{parts[1]}"
            : NearestWord.Of(specification, [GeneratedDataset.Name, .. KnownDatasets.All.Select(set => set.Name),
                .. Names(DatasetCache.Folder)]) ?? NearestFolder(specification) ?? "";
        return meant.Length == 0 ? "" : $" Did you mean {meant}?";
    }

    /// <summary>The folder with the most similar name, in the parent folder.</summary>
    private static string? NearestFolder(string path)
    {
        string trimmed = path.TrimEnd('/', Path.DirectorySeparatorChar);
        string name = Path.GetFileName(trimmed);
        string parent = Path.GetDirectoryName(trimmed) ?? "";
        return name.Length > 0 && NearestWord.Of(name, Names(parent.Length == 0 ? "." : parent)) is string nearest
            ? Path.Combine(parent, nearest) : null;
    }

    private static string[] Names(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? [.. Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)!)
                .Order(StringComparer.Ordinal)] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [];
        }
    }
}
