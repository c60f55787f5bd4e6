using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// The file status of Linux's statx. .NET does not distinguish pipes and devices from files, and has no owners or hard-link counts.
/// </summary>
/// <param name="Kind">One of the constants.</param>
/// <param name="Links">The number of names (hard links) of the file.</param>
/// <param name="Owner">The user id of the owner.</param>
/// <param name="Number">The inode number.</param>
internal readonly partial record struct FileStatus(int Kind, uint Links, uint Owner, ulong Number)
{
    public const int Pipe = 0x1000, CharacterDevice = 0x2000, Folder = 0x4000, BlockDevice = 0x6000, Plain = 0x8000, Link = 0xA000,
        Socket = 0xC000;

    // <linux/stat.h>: the structure and these numbers are the same on every architecture.
    private const int WorkingFolder = -100, EmptyPath = 0x1000, NoFollow = 0x100, Size = 256, KindMask = 0xF000;
    private const uint Wanted = 0x1 | 0x4 | 0x8 | 0x100; // type, number of links, owner, number
    private const int NoSuchFile = 2, NotAFolder = 20;

    /// <summary>Whether this system supports statx.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux();

    /// <summary>The user id of the process.</summary>
    public static uint User => EffectiveUser();

    /// <summary>The status of the file at a path; null if it cannot be determined.</summary>
    /// <param name="path">The path, without a zero character.</param>
    /// <param name="followLinks">Whether a link is resolved.</param>
    /// <param name="isMissing">Whether the file does not exist.</param>
    public static FileStatus? Find(string path, bool followLinks, out bool isMissing)
    {
        FileStatus? found = Ask(WorkingFolder, path, followLinks ? 0 : NoFollow);
        isMissing = found is null && Marshal.GetLastPInvokeError() is NoSuchFile or NotAFolder;
        return found;
    }

    /// <summary>The status of an open file; null if it cannot be determined.</summary>
    public static FileStatus? Find(SafeFileHandle file) => Ask((int)file.DangerousGetHandle(), "", EmptyPath);

    private static FileStatus? Ask(int folder, string path, int flags)
    {
        Span<byte> found = stackalloc byte[Size];
        return Statx(folder, path, flags, Wanted, found) != 0 ? null
            : new FileStatus(MemoryMarshal.Read<ushort>(found[28..]) & KindMask, MemoryMarshal.Read<uint>(found[16..]),
                MemoryMarshal.Read<uint>(found[20..]), MemoryMarshal.Read<ulong>(found[32..]));
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint wanted, Span<byte> found);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();
}
