using System.Runtime.InteropServices;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Driver;

/// <summary>
/// The emulator as programs load it: <c>libcuda.so.1</c> in the folder that <c>DDM_CUDA_EMULATOR</c> names, or else where
/// build/cuda-emulator.sh puts it.
/// </summary>
internal static unsafe class DriverLibrary
{
    public const string FolderVariable = "DDM_CUDA_EMULATOR";

    private static readonly Lazy<nint> Handle = new(Load);

    /// <summary>An exported function; the test is skipped if there is no library.</summary>
    public static nint Function(string name)
    {
        Skip.If(Handle.Value == 0,
            $"The CUDA emulator is not built as a library: run build/cuda-emulator.sh, or set {FolderVariable} to its folder.");
        return NativeLibrary.GetExport(Handle.Value, name);
    }

    /// <summary>Whether the library exports a name.</summary>
    public static bool Has(string name)
    {
        Function("cuInit");
        return NativeLibrary.TryGetExport(Handle.Value, name, out _);
    }

    private static nint Load()
    {
        string? folder = Environment.GetEnvironmentVariable(FolderVariable);
        for (DirectoryInfo? above = new(AppContext.BaseDirectory); string.IsNullOrEmpty(folder) && above is not null; above = above.Parent)
        {
            string built = Path.Combine(above.FullName, "artifacts", "cuda-emulator");
            folder = File.Exists(Path.Combine(built, "libcuda.so.1")) ? built : null;
        }

        if (string.IsNullOrEmpty(folder) || !NativeLibrary.TryLoad(Path.Combine(folder, "libcuda.so.1"), out nint library))
            return 0;
        return ((delegate* unmanaged<uint, int>)NativeLibrary.GetExport(library, "cuInit"))(0) == 0 ? library : 0;
    }
}
