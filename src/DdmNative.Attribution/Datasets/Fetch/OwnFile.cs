using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>
/// Temporary files in a folder that other users can write to, such as a shared cache. Links that somebody has put in their place are not
/// followed. A file that is there already is used only if it is a plain file of this user with one name; anything else of that name is
/// removed (the link, not its target), and a new file is made.
/// </summary>
internal static class OwnFile
{
    /// <summary>Opens a file for reading and writing, by nobody else at the time.</summary>
    /// <param name="path">The file.</param>
    /// <param name="replaced">What was there and had to be removed, for people; null where that was nothing.</param>
    /// <exception cref="IOException">Another process is at it, or it cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened or made.</exception>
    public static FileStream Open(string path, out string? replaced)
    {
        replaced = null;
        if (IsLink(path))
            replaced = "a link";
        else if (File.Exists(path))
        {
            try
            {
                var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                replaced = Fault(file, path);
                if (replaced is null)
                    return file;
                file.Dispose();
            }
            catch (UnauthorizedAccessException)
            {
                replaced = "a file that may not be written";
            }
        }

        return Create(path);
    }

    /// <summary>Makes a file, in place of what is there.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static FileStream Create(string path)
    {
        File.Delete(path);
        return new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
    }

    /// <summary>
    /// Whether a link is there that another user has made, the machine's administrator aside. False where owners are not known.
    /// </summary>
    public static bool IsOthersLink(string path)
    {
        return FileStatus.IsSupported && FileStatus.Find(path, followLinks: false, out _) is { Kind: FileStatus.Link } link
            && link.Owner != 0 && link.Owner != FileStatus.User;
    }

    /// <summary>The start of a small text file; null where there is none, or it is no file of ours.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">So many bytes at most; a longer file counts as none.</param>
    public static string? ReadText(string path, int most)
    {
        if (IsLink(path) || !File.Exists(path))
            return null;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            if (Fault(file, path) is not null || file.Length > most)
                return null;
            using var reader = new StreamReader(file);
            return reader.ReadToEnd();
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    /// <summary>Why an open file is none of ours, as what it is instead; null where it is.</summary>
    private static string? Fault(FileStream file, string path)
    {
        if (!file.CanSeek || IsLink(path))
            return "no plain file";
        if (!FileStatus.IsSupported || FileStatus.Find(file.SafeFileHandle) is not FileStatus open
            || FileStatus.Find(path, followLinks: false, out _) is not FileStatus named)
            return null;
        if (named.Kind != FileStatus.Plain || open.Number != named.Number)
            return "no plain file";
        if (named.Links != 1)
            return "a file that has another name too";
        return named.Owner == FileStatus.User ? null : "another user's file";
    }
}
