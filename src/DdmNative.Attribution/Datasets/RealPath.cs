using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>Resolves a path with all links in it.</summary>
internal static class RealPath
{
    private const int MostLinks = 40;

    /// <exception cref="BadInputException">A link leads nowhere, or to itself.</exception>
    public static string Resolve(string path)
    {
        string rest = Path.GetFullPath(path), real = Path.GetPathRoot(rest)!;
        var parts = new Stack<string>(Parts(rest).Reverse());
        for (int links = 0; parts.TryPop(out string? part);)
        {
            string next = Path.GetFullPath(Path.Combine(real, part));
            if (new FileInfo(next).LinkTarget is not string target)
            {
                real = next;
                continue;
            }

            if (++links > MostLinks)
                throw new BadInputException(path, "link", "a circle of links", "a link to a file or folder", "Remove the link.");
            if (Path.IsPathRooted(target))
                real = Path.GetPathRoot(target)!;
            foreach (string of in Parts(target).Reverse())
                parts.Push(of);
        }

        return Path.Exists(real) ? real : throw new BadInputException(path, "link", $"a link to {real}, which does not exist",
            "a link to a file or folder", "Fix the link, or remove it.");
    }

    private static string[] Parts(string path) => path[(Path.GetPathRoot(path)?.Length ?? 0)..]
        .Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);
}
