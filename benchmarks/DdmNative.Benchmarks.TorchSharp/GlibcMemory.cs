using System.Runtime.InteropServices;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>The C library's allocator.</summary>
internal static partial class GlibcMemory
{
    /// <summary>0 when the setting was refused.</summary>
    [LibraryImport("libc")]
    public static partial int mallopt(int parameter, int value);

    /// <summary>Returns freed memory to the kernel.</summary>
    /// <param name="kept">The number of bytes to keep at the end of the heap.</param>
    [LibraryImport("libc")]
    public static partial int malloc_trim(nuint kept);
}
