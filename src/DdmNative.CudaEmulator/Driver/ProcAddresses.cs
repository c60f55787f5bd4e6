using System.Reflection;
using System.Runtime.InteropServices;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>The library's own functions by their unversioned names.</summary>
internal static class ProcAddresses
{
    /// <summary>By its soname the loader gives out the library that is loaded already, which is this one.</summary>
    private static readonly nint library = NativeLibrary.Load("libcuda.so.1", Assembly.GetExecutingAssembly(), DllImportSearchPath.System32);

    /// <summary>0 where there is none.</summary>
    public static nint Find(string name)
    {
        foreach (string version in (string[])["_v3", "_v2", ""])
        {
            if (NativeLibrary.TryGetExport(library, name + version, out nint function))
                return function;
        }

        return 0;
    }
}
