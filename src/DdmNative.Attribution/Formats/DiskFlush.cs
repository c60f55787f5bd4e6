using System.Runtime.InteropServices;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// Brings a file's bytes to the disk and hears of it when that fails. .NET's own <see cref="FileStream.Flush(bool)"/> asks fsync and passes over its answer, which is where a failing disk, and many a full one
/// behind a network, first speak up.
/// </summary>
internal static unsafe class DiskFlush
{
    // What file systems answer that cannot be flushed: EINVAL, ENOTSUP (Linux, macOS).
    private static readonly int[] CannotBeFlushed = [22, 95, 45];

    // Of the process as a whole, so that what is loaded before the C library is asked first.
    private static readonly delegate* unmanaged<int, int> FileSync =
        OperatingSystem.IsWindows() ? null : (delegate* unmanaged<int, int>)NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "fsync");

    /// <summary>Flushes what was written.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
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
