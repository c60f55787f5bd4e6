namespace DdmNative.Attribution.Datasets;

/// <summary>The name of a dataset, from its folder.</summary>
internal static class FolderName
{
    public static string Of(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
}
