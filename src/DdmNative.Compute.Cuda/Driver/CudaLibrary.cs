using System.Reflection;
using System.Runtime.InteropServices;

namespace DdmNative.Compute.Cuda.Driver;

/// <summary>
/// Finds the driver's library: the path in <c>DDM_CUDA_DRIVER</c> if it is set, otherwise the library that the NVIDIA driver installed.
/// </summary>
internal static class CudaLibrary
{
    /// <summary>The library name in the imports of <see cref="CudaFunctions"/>.</summary>
    public const string Name = "cuda";

    /// <summary>The variable that names another library, such as the emulator's.</summary>
    public const string PathVariable = "DDM_CUDA_DRIVER";

    private static readonly Lazy<(nint Handle, string? Missing)> Library = new(Load);

    static CudaLibrary() => NativeLibrary.SetDllImportResolver(typeof(CudaLibrary).Assembly, Resolve);

    /// <summary>The library.</summary>
    /// <exception cref="CudaUnavailableException">There is none.</exception>
    public static nint Handle
    {
        get
        {
            Require();
            return Library.Value.Handle;
        }
    }

    /// <exception cref="CudaUnavailableException">There is no such library.</exception>
    public static void Require()
    {
        if (Library.Value.Missing is string missing)
            throw new CudaUnavailableException(missing);
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
        => name == Name ? Library.Value.Handle : 0;

    private static (nint Handle, string? Missing) Load()
    {
        string? path = Environment.GetEnvironmentVariable(PathVariable);
        if (!string.IsNullOrEmpty(path))
        {
            // A folder stands for the library in it, as in LD_LIBRARY_PATH.
            string file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
            if (!File.Exists(file))
                return (0, $"no CUDA driver: {PathVariable} names {file}, which does not exist. Correct it, or unset it to use the "
                    + $"system's {FileName}.");
            return NativeLibrary.TryLoad(file, out nint named)
                ? (named, null)
                : (0, $"no CUDA driver: {PathVariable} names {file}, which is no library for this system. Correct it, or unset it to use "
                    + $"the system's {FileName}.");
        }

        return NativeLibrary.TryLoad(FileName, out nint handle)
            ? (handle, null)
            : (0, $"no CUDA driver: {FileName} was not found. Install the NVIDIA driver (CUDA 11.8 or later), set {PathVariable} to its "
                + $"path, or use --device cpu.");
    }

    private static string FileName => OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
}
