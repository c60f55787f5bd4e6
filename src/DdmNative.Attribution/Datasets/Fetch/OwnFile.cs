using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>
/// Temporary files in a folder that other users can write to, such as a shared cache. Links that another user created in their place are
/// not followed. An existing file is used only if it is a plain file of this user with a single name; anything else with that name is
/// removed (the link, not its target), and a new file is created.
/// </summary>
internal static class OwnFile
{
    /// <summary>Opens a file for reading and writing, exclusively.</summary>
    /// <param name="path">The file.</param>
    /// <param name="replaced">A description of what existed and had to be removed; null for nothing.</param>
    /// <exception cref="IOException">Another process has it open, or it cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened or created.</exception>
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

    /// <summary>Creates a file, and replaces what exists.</summary>
    /// <exception cref="IOException">It cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be created.</exception>
    public static FileStream Create(string path)
    {
        File.Delete(path);
        return new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
    }

    /// <summary>Whether there is a link that another user (except the administrator) created. False if owners are not known.</summary>
    public static bool IsOthersLink(string path)
    {
        return FileStatus.IsSupported && FileStatus.Find(path, followLinks: false, out _) is { Kind: FileStatus.Link } link
            && link.Owner != 0 && link.Owner != FileStatus.User;
    }

    /// <summary>The start of a small text file; null if there is none, or it is not our file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">The maximum number of bytes; a longer file is treated as missing.</param>
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

    /// <summary>Describes why an open file is not ours; null if it is.</summary>
    private static string? Fault(FileStream file, string path)
    {
        if (!file.CanSeek || IsLink(path))
            return "not a plain file";
        if (!FileStatus.IsSupported || FileStatus.Find(file.SafeFileHandle) is not FileStatus open
            || FileStatus.Find(path, followLinks: false, out _) is not FileStatus named)
            return null;
        if (named.Kind != FileStatus.Plain || open.Number != named.Number)
            return "not a plain file";
        if (named.Links != 1)
            return "a file that has another name too";
        return named.Owner == FileStatus.User ? null : "another user's file";
    }
}
