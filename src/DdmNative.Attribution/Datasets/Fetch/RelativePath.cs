namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>Paths that archives and lists of files bring from outside.</summary>
internal static class RelativePath
{
    private const int Longest = 500, LongestPart = 120;

    /// <summary>Whether it stays inside its folder on this operating system, where the names of files may hold what others' may not.</summary>
    public static bool Stays(string path)
        => path.Length > 0 && !path.Contains('\0', StringComparison.Ordinal) && !Path.IsPathRooted(path)
        && !(OperatingSystem.IsWindows() && path.Any(c => c is '\\' or ':'))
        && path.Split('/').All(part => part is not ("" or "." or ".."));

    /// <summary>Whether it names something inside the folder that it is meant for, on every operating system.</summary>
    public static bool IsSafe(string path)
        => path.Length is > 0 and <= Longest && !path.Any(c => char.IsControl(c) || c is '\\' or ':') && path.Split('/').All(part => part is not ("" or "." or "..") && part.Length <= LongestPart);
}
