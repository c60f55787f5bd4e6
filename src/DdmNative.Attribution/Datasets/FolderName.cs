namespace DdmNative.Attribution.Datasets;

/// <summary>What a dataset is called after its folder.</summary>
internal static class FolderName
{
    public static string Of(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
}
