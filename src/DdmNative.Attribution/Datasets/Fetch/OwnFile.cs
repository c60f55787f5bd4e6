using System.Runtime.InteropServices;
using System.Text;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>
/// Temporary files in a folder that others may write too, such as a shared cache: never through a link that was put in their place. A file that is
/// there already is taken only where it is a plain file, of this user, under this one name; everything else of that name is removed (the link, not
/// what it leads to), and the file made anew.
/// </summary>
internal static unsafe class OwnFile
{
    private const int Statx = 0x1000 /* AT_EMPTY_PATH */, NoFollow = 0x100 /* AT_SYMLINK_NOFOLLOW */, CurrentFolder = -100 /* AT_FDCWD */;
    private const uint Asked = 0x1 | 0x4 | 0x8 | 0x100 /* type, number of links, owner, number */;
    private const int KindMask = 0xF000, Plain = 0x8000, Link = 0xA000;

    // The C library that the process runs with already has been loaded; its statx, which has one layout on every processor.
    private static readonly delegate* unmanaged<int, byte*, int, uint, byte*, int> FileState =
        (delegate* unmanaged<int, byte*, int, uint, byte*, int>)Export("statx");
    private static readonly delegate* unmanaged<uint> User = (delegate* unmanaged<uint>)Export("geteuid");

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

    /// <summary>Whether a link is there that another user, but not the machine's administrator, has made. False where owners are not known.</summary>
    public static bool IsOthersLink(string path)
    {
        Span<byte> state = stackalloc byte[256];
        return FileState is not null && User is not null && Read(CurrentFolder, path, NoFollow, state)
            && (KindOf(state) & KindMask) == Link && OwnerOf(state) != 0 && OwnerOf(state) != User();
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
        if (FileState is null || User is null)
            return null;
        Span<byte> open = stackalloc byte[256], named = stackalloc byte[256];
        if (!Read((int)file.SafeFileHandle.DangerousGetHandle(), "", Statx, open) || !Read(CurrentFolder, path, NoFollow, named))
            return null;
        // The number of links, and the file's own: where linux/stat.h has them.
        if ((KindOf(named) & KindMask) != Plain || !open[32..40].SequenceEqual(named[32..40]))
            return "no plain file";
        if (MemoryMarshal.Read<uint>(named[16..]) != 1)
            return "a file that has another name too";
        return OwnerOf(named) == User() ? null : "another user's file";
    }

    private static uint OwnerOf(ReadOnlySpan<byte> state) => MemoryMarshal.Read<uint>(state[20..]);

    private static int KindOf(ReadOnlySpan<byte> state) => MemoryMarshal.Read<ushort>(state[28..]);

    private static bool Read(int folder, string path, int flags, Span<byte> state)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(path + "\0"), to = state)
            return FileState(folder, name, flags, Asked, to) == 0;
    }

    private static IntPtr Export(string name)
        => OperatingSystem.IsLinux() && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), name, out IntPtr address)
            ? address
            : IntPtr.Zero;
}
