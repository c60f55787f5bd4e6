using System.Runtime.InteropServices;

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

/// <summary>Asks the operating system what a path leads to. .NET tells folders from files alone, and opening a pipe to find out may hang.</summary>
public static partial class FileKinds
{
    // <linux/stat.h> and <sys/stat.h>: struct statx is the same on every architecture.
    private const int AtWorkingFolder = -100, TypeWanted = 1, SizeOfStatx = 256, OffsetOfMode = 28, NoSuchFile = 2, NotAFolder = 20;
    private const int TypeMask = 0xF000, PipeType = 0x1000, CharacterDevice = 0x2000, FolderType = 0x4000, BlockDevice = 0x6000, SocketType = 0xC000;

    /// <summary>The kind of what lies under <paramref name="path"/>. Without the right to look it counts as regular, so that opening it tells why.</summary>
    public static FileKind Of(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!OperatingSystem.IsLinux() || path.Contains('\0', StringComparison.Ordinal))
            return Directory.Exists(path) ? FileKind.Folder : File.Exists(path) ? FileKind.Regular : FileKind.Missing;
        Span<byte> found = stackalloc byte[SizeOfStatx];
        if (Statx(AtWorkingFolder, path, 0, TypeWanted, found) != 0)
            return Marshal.GetLastPInvokeError() is NoSuchFile or NotAFolder ? FileKind.Missing : FileKind.Regular;
        return (BitConverter.ToUInt16(found[OffsetOfMode..]) & TypeMask) switch
        {
            FolderType => FileKind.Folder,
            PipeType or SocketType => FileKind.Pipe,
            CharacterDevice or BlockDevice => FileKind.Device,
            _ => FileKind.Regular,
        };
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

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint wanted, Span<byte> found);
}
