using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>
/// The folder of downloaded datasets, which can be used by name: <c>$DDM_DATA</c>, otherwise <c>ddm/data</c> in the user's cache folder.
/// </summary>
public static class DatasetCache
{
    public const string Variable = "DDM_DATA";

    /// <summary>The folder of all datasets.</summary>
    /// <exception cref="BadInputException">The variable is not set, and the user has no home folder.</exception>
    public static string Folder => FolderIfAny
        ?? throw new BadInputException("HOME", "cache folder", Home.Length == 0
            ? "no home folder" : $"{Home}, which is not an existing folder",
            "a home folder for the cache",
            $"Set {Variable} to the folder for downloaded datasets, or download into a folder with --to DIR.");

    /// <summary>The same; null if there is no such folder.</summary>
    public static string? FolderIfAny => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } own ? own
        : Caches() is string caches ? Path.Combine(caches, "ddm", "data") : null;

    private static string Home => Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? home
        : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);

    /// <summary>The folder of one dataset, which need not exist.</summary>
    /// <exception cref="BadInputException">As for <see cref="Folder"/>.</exception>
    public static string FolderOf(string name) => Path.Combine(Folder, name);

    /// <summary>Whether it was downloaded completely: the list of its files is written last.</summary>
    public static bool Holds(string name)
        => RelativePath.IsSafe(name) && FolderIfAny is string place && File.Exists(Path.Combine(place, name, ChecksumManifest.FileName));

    /// <summary>
    /// Returns the folder of a downloaded dataset by name; returns the argument if it is an existing folder, or no dataset of that name was
    /// downloaded.
    /// </summary>
    public static string Resolve(string nameOrFolder)
        => !Directory.Exists(nameOrFolder) && Holds(nameOrFolder) ? FolderOf(nameOrFolder) : nameOrFolder;

    /// <summary>
    /// The user's cache folder; null if the user has none. A relative path is not used, because it would depend on the working directory.
    /// </summary>
    private static string? Caches()
    {
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } caches && Path.IsPathRooted(caches))
            return caches;
        if (OperatingSystem.IsWindows())
            return Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) is { Length: > 0 } local ? local : null;
        string home = Home;
        if (!Path.IsPathRooted(home) || !Directory.Exists(home))
            return null;
        return OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches") : Path.Combine(home, ".cache");
    }
}
