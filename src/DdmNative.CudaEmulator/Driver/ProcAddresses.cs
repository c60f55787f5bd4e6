using System.Reflection;
using System.Runtime.InteropServices;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>The library's own functions by their unversioned names.</summary>
internal static class ProcAddresses
{
    /// <summary>For its soname, the loader returns the library that is already loaded: this one.</summary>
    private static readonly nint Library = NativeLibrary.Load("libcuda.so.1", Assembly.GetExecutingAssembly(),
        DllImportSearchPath.System32);

    private static readonly string[] Versions = ["_v4", "_v3", "_v2", ""];

    private static readonly string[] PerThread = ["_ptsz", "_ptds", ""];

    /// <summary>The versions of CUDA in which functions changed their form; functions that are not listed changed before CUDA 10.</summary>
    private static readonly Dictionary<string, int> Since = new()
    {
        ["cuStreamBeginCapture_v2"] = 10010,
        ["cuDevicePrimaryCtxRelease_v2"] = 11000, ["cuDevicePrimaryCtxReset_v2"] = 11000, ["cuDevicePrimaryCtxSetFlags_v2"] = 11000,
        ["cuGraphInstantiate_v2"] = 11000, ["cuIpcOpenMemHandle_v2"] = 11000,
        ["cuStreamGetCaptureInfo_v2"] = 11030,
        ["cuCtxCreate_v3"] = 11040, ["cuDeviceGetUuid_v2"] = 11040,
        ["cuStreamBatchMemOp_v2"] = 11070, ["cuStreamWaitValue32_v2"] = 11070, ["cuStreamWaitValue64_v2"] = 11070,
        ["cuStreamWriteValue32_v2"] = 11070, ["cuStreamWriteValue64_v2"] = 11070,
        ["cuGetProcAddress_v2"] = 12000, ["cuGraphAddKernelNode_v2"] = 12000,
        ["cuGraphExecKernelNodeSetParams_v2"] = 12000, ["cuGraphExecUpdate_v2"] = 12000,
        ["cuGraphKernelNodeGetParams_v2"] = 12000, ["cuGraphKernelNodeSetParams_v2"] = 12000,
        ["cuMemAdvise_v2"] = 12020, ["cuMemPrefetchAsync_v2"] = 12020,
        ["cuGraphAddDependencies_v2"] = 12030, ["cuGraphAddNode_v2"] = 12030, ["cuGraphGetEdges_v2"] = 12030,
        ["cuGraphNodeGetDependencies_v2"] = 12030,
        ["cuGraphNodeGetDependentNodes_v2"] = 12030, ["cuGraphRemoveDependencies_v2"] = 12030, ["cuStreamGetCaptureInfo_v3"] = 12030,
        ["cuStreamUpdateCaptureDependencies_v2"] = 12030,
        ["cuCtxCreate_v4"] = 12050, ["cuStreamGetCtx_v2"] = 12050,
        ["cuEventElapsedTime_v2"] = 12080,
        ["cuCtxGetDevice_v2"] = 13000, ["cuCtxSynchronize_v2"] = 13000, ["cuMemcpy3DBatchAsync_v2"] = 13000,
        ["cuMemcpyBatchAsync_v2"] = 13000,
    };

    /// <summary>The newest form of a function in a version of CUDA, where 12040 is 12.4; 0 if there is none.</summary>
    /// <param name="name">The name without a version.</param>
    /// <param name="version">The version of CUDA that the caller was compiled for.</param>
    /// <param name="forThread">Whether to prefer the form for the default stream of each thread, if there is one.</param>
    public static nint Find(string name, int version, bool forThread)
    {
        // The one function that cuda.h renamed.
        if (name == "cuGraphInstantiate" && version >= 12000)
            name = "cuGraphInstantiateWithFlags";
        foreach (string form in Versions)
        {
            if (Since.GetValueOrDefault(name + form) > version)
                continue;
            foreach (string stream in forThread ? PerThread : [""])
            {
                if (NativeLibrary.TryGetExport(Library, name + form + stream, out nint function))
                    return function;
            }
        }

        return 0;
    }
}
