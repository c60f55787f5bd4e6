namespace DdmNative.Attribution.Formats;

/// <summary>
/// The disk, or the rights on a folder, refused to take a file: full, read-only, failing. The one cause the user can act on by making room or repairing the disk; what was finished
/// is kept, and the same command goes on. The command line maps it to exit code 7.
/// </summary>
public sealed class DiskException : IOException
{
    // errno where there is one (Linux, macOS), the last 16 bits of Windows' codes elsewhere.
    private static readonly int[] NoRoom = OperatingSystem.IsWindows() ? [0x27, 0x70] : [27 /* EFBIG */, 28 /* ENOSPC */, OperatingSystem.IsMacOS() ? 69 : 122 /* EDQUOT */];
    private static readonly int[] Busy = OperatingSystem.IsWindows() ? [0x20, 0x21] : [11 /* EAGAIN, of a lock */];
    private const int ReadOnlyFileSystem = 30;

    /// <param name="path">What was to be written, as the user knows it.</param>
    /// <param name="inner">The operating system's refusal.</param>
    /// <param name="remedy">What to do; null for what the refusal calls for.</param>
    public DiskException(string path, Exception inner, string? remedy = null)
        : base($"{path}: could not be written ({Cause(inner)}). {remedy ?? Remedy(inner)} and run the same command again: what is finished is kept.", inner)
    {
        Path = path;
        HResult = inner.HResult;
    }

    /// <summary>What was to be written.</summary>
    public string Path { get; }

    /// <summary>Whether it is another process that holds the file.</summary>
    public bool IsBusy => Busy.Contains(CodeOf(InnerException!));

    /// <summary>Whether the exception is a refusal by the operating system that no <see cref="DiskException"/> stands for yet.</summary>
    public static bool IsRefusal(Exception e) => e is IOException or UnauthorizedAccessException && e is not DiskException;

    /// <summary>Does something to a file; a refusal of the operating system becomes a <see cref="DiskException"/>.</summary>
    public static T Named<T>(string path, Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        try
        {
            return work();
        }
        catch (Exception e) when (IsRefusal(e))
        {
            throw new DiskException(path, e);
        }
    }

    // .NET adds the path, which is named already.
    private static string Cause(Exception inner)
    {
        int path = inner.Message.IndexOf(" : '", StringComparison.Ordinal);
        return (path < 0 ? inner.Message : inner.Message[..path]).TrimEnd('.');
    }

    private static int CodeOf(Exception inner) => OperatingSystem.IsWindows() ? inner.HResult & 0xFFFF : inner.HResult;

    private static string Remedy(Exception inner)
    {
        int code = CodeOf(inner);
        if (NoRoom.Contains(code))
            return "Free space on its disk (or raise the quota or limit that it has reached)";
        if (inner is UnauthorizedAccessException || code == ReadOnlyFileSystem)
            return "Make its folder writable";
        return Busy.Contains(code) ? "Wait for the process that is writing it" : "Check the disk";
    }
}
