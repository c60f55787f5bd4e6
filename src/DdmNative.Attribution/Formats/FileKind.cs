namespace DdmNative.Attribution.Formats;

/// <summary>What a path leads to, links followed.</summary>
public enum FileKind
{
    /// <summary>Nothing, or a link to nothing.</summary>
    Missing,

    /// <summary>A file with bytes that can be read again.</summary>
    Regular,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A pipe or a socket: what is read from it is gone, and opening it may wait for ever.</summary>
    Pipe,

    /// <summary>A device, such as /dev/null or a terminal.</summary>
    Device,
}

/// <summary>Asks the operating system what a path leads to, without opening it: to open a pipe may block for ever.</summary>
public static class FileKinds
{
    /// <summary>
    /// The kind of what lies under <paramref name="path"/>. Without the right to look it counts as regular, so that opening it tells why.
    /// </summary>
    public static FileKind Of(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!FileStatus.IsSupported || path.Contains('\0', StringComparison.Ordinal))
            return Directory.Exists(path) ? FileKind.Folder : File.Exists(path) ? FileKind.Regular : FileKind.Missing;
        if (FileStatus.Find(path, followLinks: true, out bool isMissing) is not FileStatus status)
            return isMissing ? FileKind.Missing : FileKind.Regular;
        return status.Kind switch
        {
            FileStatus.Folder => FileKind.Folder,
            FileStatus.Pipe or FileStatus.Socket => FileKind.Pipe,
            FileStatus.CharacterDevice or FileStatus.BlockDevice => FileKind.Device,
            _ => FileKind.Regular,
        };
    }

    /// <summary>What keeps a path from being a folder: it, or one above it, is something else. Null where nothing does.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The full path of that, and its kind.</returns>
    public static (string Path, FileKind Kind)? ObstacleTo(string path)
    {
        for (string? above = Path.GetFullPath(path); above is not null; above = Path.GetDirectoryName(above))
        {
            FileKind kind = Of(above);
            if (kind != FileKind.Missing)
                return kind == FileKind.Folder ? null : (above, kind);
        }

        return null;
    }

    /// <summary>For messages: "a folder", "a device".</summary>
    public static string Describe(this FileKind kind) => kind switch
    {
        FileKind.Missing => "no such file",
        FileKind.Folder => "a folder",
        FileKind.Pipe => "a pipe",
        FileKind.Device => "a device",
        _ => "a file",
    };
}
