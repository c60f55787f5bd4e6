using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// Brings a file's bytes to the disk and hears of it when that fails. .NET's own <see cref="FileStream.Flush(bool)"/> asks fsync and passes over its answer, which is where a failing disk, and many a full one
/// behind a network, first speak up.
/// </summary>
internal static partial class DiskFlush
{
    // What file systems answer that cannot be flushed: EINVAL, ENOTSUP (Linux, macOS).
    private static readonly int[] CannotBeFlushed = [22, 95, 45];

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
        if (FileSync(file.SafeFileHandle) != 0 && Marshal.GetLastPInvokeError() is int error && !CannotBeFlushed.Contains(error))
            throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FileSync(SafeFileHandle file);
}
