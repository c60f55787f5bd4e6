namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>Where fetched data sets are kept, so that they can be named in place of a folder: <c>$DDM_DATA</c>, else <c>ddm/data</c> in the user's folder for caches.</summary>
public static class DatasetCache
{
    public const string Variable = "DDM_DATA";

    /// <summary>The folder of all data sets.</summary>
    public static string Folder => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } own ? own : Path.Combine(Caches(), "ddm", "data");

    /// <summary>The folder of one, there or not.</summary>
    public static string FolderOf(string name) => Path.Combine(Folder, name);

    /// <summary>Whether it was fetched whole: the list of its files is written last.</summary>
    public static bool Holds(string name) => RelativePath.IsSafe(name) && File.Exists(Path.Combine(FolderOf(name), ChecksumManifest.FileName));

    /// <summary>The folder that a data set's name or folder stands for: itself where there is such a folder or nothing of that name was fetched.</summary>
    public static string Resolve(string nameOrFolder) => !Directory.Exists(nameOrFolder) && Holds(nameOrFolder) ? FolderOf(nameOrFolder) : nameOrFolder;

    private static string Caches()
    {
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } caches && Path.IsPathRooted(caches))
            return caches;
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches") : Path.Combine(home, ".cache");
    }
}
