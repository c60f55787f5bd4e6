using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using DdmNative.Compute.Cuda;
using ManagedCuda;
using CudaLibrary = DdmNative.Compute.Cuda.Driver.CudaLibrary;

namespace DdmNative.Compute.ManagedCuda;

/// <summary>
/// Lets ManagedCuda find the driver. On Linux ManagedCuda loads only <c>libcuda.so</c>, a link that comes with the CUDA toolkit's stubs and
/// not with the driver, which installs <c>libcuda.so.1</c>. If the link is missing, this class loads the library of the default CUDA
/// backend, <c>DDM_CUDA_DRIVER</c> included.
/// </summary>
internal static class ManagedCudaLibrary
{
    /// <summary>The name of the driver in ManagedCuda's imports, and the name that ManagedCuda gives it on Linux.</summary>
    private const string ImportName = "nvcuda", LinuxName = "libcuda";

    private static readonly Lazy<string?> Trouble = new(Find);

    /// <exception cref="CudaUnavailableException">There is no driver, or ManagedCuda would load another than the requested one.</exception>
    public static void Require()
    {
        CudaLibrary.Require();
        if (Trouble.Value is string trouble)
            throw new CudaUnavailableException(trouble);
    }

    private static string? Find()
    {
        Assembly bindings = typeof(CudaContext).Assembly;
        AssemblyLoadContext.GetLoadContext(bindings)!.ResolvingUnmanagedDll += (asking, name) =>
            asking == bindings && name is ImportName or LinuxName ? CudaLibrary.Handle : 0;

        // The event above is raised last: a libcuda.so on the loader's path takes precedence, and must be the same library.
        if (OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable(CudaLibrary.PathVariable) is { Length: > 0 } asked &&
            NativeLibrary.TryLoad(LinuxName + ".so", out nint first) && first != CudaLibrary.Handle)
            return $"two CUDA drivers: {CudaLibrary.PathVariable} names {asked}, but ManagedCuda takes the libcuda.so of the loader's "
                + $"path. Put that folder first in LD_LIBRARY_PATH, or unset {CudaLibrary.PathVariable}.";
        return null;
    }
}
