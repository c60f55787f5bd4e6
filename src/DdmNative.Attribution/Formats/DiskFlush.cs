using System.Runtime.InteropServices;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// Flushes a file's bytes to the disk and reports errors. .NET's <see cref="FileStream.Flush(bool)"/> calls fsync but ignores its result,
/// where a failing disk, or a full one behind a network, is often reported first.
/// </summary>
internal static unsafe class DiskFlush
{
    // The errors for a file that cannot be flushed: EINVAL, ENOTSUP (Linux, macOS).
    private static readonly int[] CannotBeFlushed = [22, 95, 45];

    // Resolved in the whole process, so that preloaded libraries take precedence over the C library.
    private static readonly delegate* unmanaged<int, int> FileSync =
        OperatingSystem.IsWindows()
        ? null : (delegate* unmanaged<int, int>)NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "fsync");

    /// <summary>Flushes a file.</summary>
    /// <exception cref="IOException">The file could not be flushed.</exception>
    public static void Run(FileStream file)
    {
        if (OperatingSystem.IsWindows())
        {
            file.Flush(flushToDisk: true);
            return;
        }

        file.Flush();
        int answer = FileSync((int)file.SafeFileHandle.DangerousGetHandle()), error = Marshal.GetLastSystemError();
        if (answer != 0 && !CannotBeFlushed.Contains(error))
            throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
    }
}
