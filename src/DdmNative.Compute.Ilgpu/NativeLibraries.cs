using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// Where ILGPU finds the drivers. By itself it loads <c>libcuda.so</c> and <c>libOpenCL.so</c>, which only development packages install.
/// This class adds <c>libcuda.so.1</c> and <c>libOpenCL.so.1</c>, and for NVIDIA's driver first <see cref="CudaVariable"/>, a file or a
/// folder, as in the CUDA backend.
/// </summary>
internal static class NativeLibraries
{
    public const string CudaVariable = "DDM_CUDA_DRIVER";

    static NativeLibraries() => NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, Resolve);

    /// <summary>Must be called before ILGPU first searches for devices.</summary>
    public static void Install()
    {
        // The static constructor does the work, once.
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        string? file = (name, OperatingSystem.IsWindows()) switch
        {
            ("cuda" or "nvcuda", _) when Environment.GetEnvironmentVariable(CudaVariable) is { Length: > 0 } path => Directory.Exists(path)
                ? Path.Combine(path, CudaFile) : path,
            ("cuda", false) => CudaFile,
            ("OpenCL", false) => "libOpenCL.so.1",
            _ => null,
        };
        // 0: the runtime continues with its own rules.
        return file is not null && NativeLibrary.TryLoad(file, out nint handle) ? handle : 0;
    }

    private static string CudaFile => OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
}
