using System.Runtime.InteropServices;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>The C library's settings of its allocator.</summary>
internal static partial class GlibcMemory
{
    /// <summary>0 if the setting was refused.</summary>
    [LibraryImport("libc")]
    public static partial int mallopt(int parameter, int value);
}
