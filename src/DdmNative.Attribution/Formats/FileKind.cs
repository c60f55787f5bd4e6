namespace DdmNative.Attribution.Formats;

/// <summary>The kind of file at a path, with links followed.</summary>
public enum FileKind
{
    /// <summary>Nothing, or a broken link.</summary>
    Missing,

    /// <summary>A file whose bytes can be read repeatedly.</summary>
    Regular,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A pipe or a socket: its data can be read only once, and opening it may block.</summary>
    Pipe,

    /// <summary>A device, such as /dev/null or a terminal.</summary>
    Device,
}

/// <summary>Determines the kind of file at a path without opening it, because opening a pipe may block.</summary>
public static class FileKinds
{
    /// <summary>
    /// The kind of the file at <paramref name="path"/>. Without permission to determine it, the result is regular, so that opening the file
    /// reports the error.
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

    /// <summary>The part of a path that is not a folder, and so prevents the path from being one; null if there is none.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The full path of that part, and its kind.</returns>
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

    /// <summary>A description for messages: "a folder", "a device".</summary>
    public static string Describe(this FileKind kind) => kind switch
    {
        FileKind.Missing => "no such file",
        FileKind.Folder => "a folder",
        FileKind.Pipe => "a pipe",
        FileKind.Device => "a device",
        _ => "a file",
    };
}
