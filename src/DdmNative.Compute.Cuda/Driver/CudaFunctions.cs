using System.Runtime.InteropServices;

namespace DdmNative.Compute.Cuda.Driver;

/// <summary>
/// The driver's functions as cuda.h declares them, by the symbols' versioned names: an unversioned name may be an older function of another
/// signature. Sizes are size_t, handles are pointers, CUdevice is an int and CUdeviceptr an unsigned 64-bit integer.
/// </summary>
internal static unsafe partial class CudaFunctions
{
    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuInit(uint flags);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuDriverGetVersion(out int version);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuGetErrorName(CudaResult error, out byte* text);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuGetErrorString(CudaResult error, out byte* text);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuDeviceGetCount(out int count);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuDeviceGet(out int device, int ordinal);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuDeviceGetName(byte* name, int length, int device);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuDeviceTotalMem_v2(out nuint bytes, int device);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuDeviceGetAttribute(out int value, DeviceAttribute attribute, int device);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuDevicePrimaryCtxRetain(out nint context, int device);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuDevicePrimaryCtxRelease_v2(int device);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuCtxSetCurrent(nint context);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuMemGetInfo_v2(out nuint free, out nuint total);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuMemAlloc_v2(out ulong address, nuint bytes);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuMemFree_v2(ulong address);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuMemHostAlloc(out nint memory, nuint bytes, uint flags);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuMemFreeHost(nint memory);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuMemcpyHtoDAsync_v2(ulong destination, nint source, nuint bytes, nint stream);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuMemcpyDtoHAsync_v2(nint destination, ulong source, nuint bytes, nint stream);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuMemsetD32Async(ulong destination, uint word, nuint words, nint stream);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuStreamCreate(out nint stream, uint flags);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuStreamDestroy_v2(nint stream);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuStreamSynchronize(nint stream);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuStreamBeginCapture_v2(nint stream, int mode);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuStreamEndCapture(nint stream, out nint graph);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuEventCreate(out nint @event, uint flags);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuEventDestroy_v2(nint @event);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuEventRecord(nint @event, nint stream);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuEventQuery(nint @event);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuEventSynchronize(nint @event);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuEventElapsedTime(out float milliseconds, nint start, nint end);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuModuleLoadDataEx(out nint module, byte* image, uint optionCount, int* options, nint* optionValues);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuModuleUnload(nint module);

    [LibraryImport(CudaLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial CudaResult cuModuleGetFunction(out nint function, nint module, string name);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuFuncSetAttribute(nint function, FunctionAttribute attribute, int value);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuFuncGetAttribute(out int value, FunctionAttribute attribute, nint function);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuLaunchKernel(
        nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint dynamicSharedBytes, nint stream,
        void** parameters, void** extra);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuGraphInstantiateWithFlags(out nint executable, nint graph, ulong flags);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuGraphLaunch(nint executable, nint stream);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuGraphDestroy(nint graph);

    [LibraryImport(CudaLibrary.Name)]
    public static partial CudaResult cuGraphExecDestroy(nint executable);
}
