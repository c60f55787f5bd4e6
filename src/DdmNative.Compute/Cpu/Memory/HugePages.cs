using System.Runtime.InteropServices;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Pages of 2 MiB for large blocks of memory, where Linux gives them on request (/sys/kernel/mm/transparent_hugepage/enabled: madvise).
/// With pages of 4 KiB, kernels that stream through tens of megabytes wait for the translation of addresses.
/// </summary>
internal static unsafe partial class HugePages
{
    /// <summary>The alignment that a block needs; smaller blocks get none.</summary>
    public const nuint Bytes = 2 << 20;

    private const int Advice = 14; // MADV_HUGEPAGE of <sys/mman.h>

    /// <summary>Asks for every whole page of 2 MiB in a block. If the system refuses, kernels are only slower.</summary>
    public static void Request(void* start, nuint bytes)
    {
        if (OperatingSystem.IsLinux())
            _ = Advise(start, bytes / Bytes * Bytes, Advice);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
