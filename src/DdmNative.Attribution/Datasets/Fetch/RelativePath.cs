namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>Relative paths from archives and lists of files.</summary>
internal static class RelativePath
{
    private const int Longest = 500, LongestPart = 120;

    /// <summary>
    /// Whether the path stays inside its folder on this operating system, whose rules for file names may differ from others'.
    /// </summary>
    public static bool Stays(string path)
        => path.Length > 0 && !path.Contains('\0', StringComparison.Ordinal) && !Path.IsPathRooted(path)
        && !(OperatingSystem.IsWindows() && path.Any(c => c is '\\' or ':'))
        && path.Split('/').All(part => part is not ("" or "." or ".."));

    /// <summary>Whether the path names something inside its folder on every operating system.</summary>
    public static bool IsSafe(string path)
        => path.Length is > 0 and <= Longest && !path.Any(c => char.IsControl(c) || c is '\\' or ':')
            && path.Split('/').All(part => part is not ("" or "." or "..") && part.Length <= LongestPart);
}
