using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>Where fetched data sets are kept, so that they can be named in place of a folder: <c>$DDM_DATA</c>, else <c>ddm/data</c> in the user's folder for caches.</summary>
public static class DatasetCache
{
    public const string Variable = "DDM_DATA";

    /// <summary>The folder of all data sets.</summary>
    /// <exception cref="BadInputException">No variable says where, and the user has no folder.</exception>
    public static string Folder => FolderIfAny
        ?? throw new BadInputException("HOME", "folder for caches", Home.Length == 0 ? "no home folder" : $"{Home}, which is no folder that is there",
            "a home folder, in which data sets are kept",
            $"Set {Variable} to the folder that fetched data sets are to be kept in, or fetch into one with --to DIR.");

    /// <summary>The same; null where there is no such place.</summary>
    public static string? FolderIfAny => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } own ? own
        : Caches() is string caches ? Path.Combine(caches, "ddm", "data") : null;

    private static string Home => Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? home
        : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);

    /// <summary>The folder of one, there or not.</summary>
    /// <exception cref="BadInputException">As for <see cref="Folder"/>.</exception>
    public static string FolderOf(string name) => Path.Combine(Folder, name);

    /// <summary>Whether it was fetched whole: the list of its files is written last.</summary>
    public static bool Holds(string name)
        => RelativePath.IsSafe(name) && FolderIfAny is string place && File.Exists(Path.Combine(place, name, ChecksumManifest.FileName));

    /// <summary>The folder that a data set's name or folder stands for: itself where there is such a folder or nothing of that name was fetched.</summary>
    public static string Resolve(string nameOrFolder) => !Directory.Exists(nameOrFolder) && Holds(nameOrFolder) ? FolderOf(nameOrFolder) : nameOrFolder;

    /// <summary>The user's folder for caches; null where the user has none: not one in whatever folder the command is given in.</summary>
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
