namespace DdmNative.Attribution.Formats;

/// <summary>
/// A file could not be written: the disk is full, read-only or failing, or there is no permission. The user can fix it; finished work is
/// kept, and the same command resumes. The command line maps it to exit code 7.
/// </summary>
public sealed class DiskException : IOException
{
    // errno on Linux and macOS, the last 16 bits of the error code on Windows.
    private static readonly int[] NoRoom = OperatingSystem.IsWindows()
        ? [0x27, 0x70] : [27 /* EFBIG */, 28 /* ENOSPC */, OperatingSystem.IsMacOS() ? 69 : 122 /* EDQUOT */];
    private static readonly int[] Busy = OperatingSystem.IsWindows() ? [0x20, 0x21] : [11 /* EAGAIN, of a lock */];
    private const int ReadOnlyFileSystem = 30;

    /// <param name="path">The file that could not be written, as the user knows it.</param>
    /// <param name="inner">The operating system's error.</param>
    /// <param name="remedy">The fix; null for the one that the error suggests.</param>
    public DiskException(string path, Exception inner, string? remedy = null)
        : base($"{path}: could not be written ({Cause(inner)}). {remedy ?? Remedy(inner)} and run the same command again: finished work is "
            + $"kept.", inner)
    {
        Path = path;
        HResult = inner.HResult;
    }

    /// <summary>The file that could not be written.</summary>
    public string Path { get; }

    /// <summary>Whether another process holds the file.</summary>
    public bool IsBusy => Busy.Contains(CodeOf(InnerException!));

    /// <summary>Whether the exception is an error of the operating system that is not yet a <see cref="DiskException"/>.</summary>
    public static bool IsRefusal(Exception e) => e is IOException or UnauthorizedAccessException && e is not DiskException;

    /// <summary>Does something with a file, and converts an error of the operating system into a <see cref="DiskException"/>.</summary>
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

    // .NET's message contains the path, which is already in ours.
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
            return "Free space on its disk (or raise the quota or limit)";
        if (inner is UnauthorizedAccessException || code == ReadOnlyFileSystem)
            return "Make its folder writable";
        return Busy.Contains(code) ? "Wait for the process that is using it" : "Check the disk";
    }
}
