using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using static DdmNative.Compute.Cuda.Driver.CudaFunctions;

namespace DdmNative.Compute.Cuda.Driver;

/// <summary>
/// The driver through <see cref="CudaFunctions"/>: a result other than success becomes a <see cref="CudaException"/> that names the call.
/// </summary>
internal sealed unsafe class NativeCudaDriver : ICudaDriver
{
    private const uint NonBlockingStream = 1;
    private const uint EventWithoutTiming = 2;
    private const int CaptureThreadLocal = 1;
    private const int JitInfoLog = 3, JitInfoLogBytes = 4, JitErrorLog = 5, JitErrorLogBytes = 6, JitGenerateLineInfo = 12;
    private const int LogBytes = 16 * 1024;

    /// <summary>CUDA 11.8: the first whose drivers accept PTX of version 7.8.</summary>
    private const int OldestVersion = 11080;

    public void Initialize()
    {
        CudaLibrary.Require();
        try
        {
            CudaResult result = cuInit(0);
            if (result == CudaResult.NoDevice)
                throw new CudaUnavailableException(
                    "no CUDA device: the driver is installed but finds no NVIDIA GPU (CUDA_ERROR_NO_DEVICE). "
                    + "Check `nvidia-smi` and CUDA_VISIBLE_DEVICES, or use --device cpu.");
            if (result != CudaResult.Success)
                throw new CudaUnavailableException(
                    $"the CUDA driver failed to initialise: cuInit failed with {Name(result)} ({(int)result}), {Text(result)}. "
                    + "Check `nvidia-smi`, or use --device cpu.");
            int version = Version();
            if (version < OldestVersion)
                throw new CudaUnavailableException(
                    $"the CUDA driver is too old: it supports CUDA {VersionText(version)}; 11.8 or later is needed. Update the NVIDIA "
                    + $"driver, or use --device cpu.");
            if (DeviceCount() == 0)
                throw new CudaUnavailableException(
                    "no CUDA device: the driver is installed but finds no NVIDIA GPU. "
                    + "Check `nvidia-smi` and CUDA_VISIBLE_DEVICES, or use --device cpu.");
        }
        catch (EntryPointNotFoundException e)
        {
            throw new CudaUnavailableException(
                "the CUDA driver lacks a required function: "
                + $"{e.Message} Update the NVIDIA driver (CUDA 11.8 or later), or use --device cpu.", e);
        }
    }

    public int Version()
    {
        Check(cuDriverGetVersion(out int version), "cuDriverGetVersion");
        return version;
    }

    public int DeviceCount()
    {
        Check(cuDeviceGetCount(out int count), "cuDeviceGetCount");
        return count;
    }

    public int Device(int ordinal)
    {
        Check(cuDeviceGet(out int device, ordinal), $"cuDeviceGet of device {ordinal}");
        return device;
    }

    public string DeviceName(int device)
    {
        byte* name = stackalloc byte[256];
        Check(cuDeviceGetName(name, 256, device), "cuDeviceGetName");
        return Marshal.PtrToStringUTF8((nint)name)!;
    }

    public long TotalMemory(int device)
    {
        Check(cuDeviceTotalMem_v2(out nuint bytes, device), "cuDeviceTotalMem");
        return (long)bytes;
    }

    public int Attribute(DeviceAttribute attribute, int device)
    {
        Check(cuDeviceGetAttribute(out int value, attribute, device), $"cuDeviceGetAttribute of {attribute}");
        return value;
    }

    public nint RetainPrimaryContext(int device)
    {
        Check(cuDevicePrimaryCtxRetain(out nint context, device), "cuDevicePrimaryCtxRetain");
        return context;
    }

    public void ReleasePrimaryContext(int device) => Check(cuDevicePrimaryCtxRelease_v2(device), "cuDevicePrimaryCtxRelease");

    public void SetCurrent(nint context) => Check(cuCtxSetCurrent(context), "cuCtxSetCurrent");

    public (long Free, long Total) MemoryInfo()
    {
        Check(cuMemGetInfo_v2(out nuint free, out nuint total), "cuMemGetInfo");
        return ((long)free, (long)total);
    }

    public ulong Allocate(long bytes)
    {
        Check(cuMemAlloc_v2(out ulong address, (nuint)bytes), "cuMemAlloc", bytes);
        return address;
    }

    public void Free(ulong address) => Check(cuMemFree_v2(address), "cuMemFree");

    public nint AllocateHost(long bytes)
    {
        Check(cuMemHostAlloc(out nint memory, (nuint)bytes, 0), "cuMemHostAlloc", bytes);
        return memory;
    }

    public void FreeHost(nint memory) => Check(cuMemFreeHost(memory), "cuMemFreeHost");

    public void CopyToDevice(ulong destination, nint source, long bytes, nint stream)
        => Check(cuMemcpyHtoDAsync_v2(destination, source, (nuint)bytes, stream), "cuMemcpyHtoDAsync", bytes);

    public void CopyToHost(nint destination, ulong source, long bytes, nint stream)
        => Check(cuMemcpyDtoHAsync_v2(destination, source, (nuint)bytes, stream), "cuMemcpyDtoHAsync", bytes);

    public void Fill(ulong destination, uint word, long words, nint stream)
        => Check(cuMemsetD32Async(destination, word, (nuint)words, stream), "cuMemsetD32Async", words * sizeof(uint));

    public nint CreateStream()
    {
        Check(cuStreamCreate(out nint stream, NonBlockingStream), "cuStreamCreate");
        return stream;
    }

    public void DestroyStream(nint stream) => Check(cuStreamDestroy_v2(stream), "cuStreamDestroy");

    public void Synchronize(nint stream) => Check(cuStreamSynchronize(stream), "cuStreamSynchronize");

    public nint CreateEvent(bool timing)
    {
        Check(cuEventCreate(out nint @event, timing ? 0 : EventWithoutTiming), "cuEventCreate");
        return @event;
    }

    public void DestroyEvent(nint @event) => Check(cuEventDestroy_v2(@event), "cuEventDestroy");

    public void Record(nint @event, nint stream) => Check(cuEventRecord(@event, stream), "cuEventRecord");

    public bool HasHappened(nint @event)
    {
        CudaResult result = cuEventQuery(@event);
        if (result == CudaResult.NotReady)
            return false;
        Check(result, "cuEventQuery");
        return true;
    }

    public void Wait(nint @event) => Check(cuEventSynchronize(@event), "cuEventSynchronize");

    public float Milliseconds(nint start, nint end)
    {
        Check(cuEventElapsedTime(out float milliseconds, start, end), "cuEventElapsedTime");
        return milliseconds;
    }

    public nint LoadModule(string name, ReadOnlySpan<byte> image)
    {
        // The driver expects PTX as a zero-terminated string.
        byte[] ended = new byte[image.Length + 1];
        image.CopyTo(ended);
        byte[] information = new byte[LogBytes], errors = new byte[LogBytes];
        fixed (byte* bytes = ended, informationText = information, errorText = errors)
        {
            int* options = stackalloc int[] { JitInfoLog, JitInfoLogBytes, JitErrorLog, JitErrorLogBytes, JitGenerateLineInfo };
            nint* values = stackalloc nint[] { (nint)informationText, LogBytes, (nint)errorText, LogBytes, 1 };
            CudaResult result = cuModuleLoadDataEx(out nint module, bytes, 5, options, values);
            if (result != CudaResult.Success)
                throw new CudaException(result, Name(result), Text(result), $"cuModuleLoadDataEx of the kernels in {name}",
                    LogText(errors) + "\n" + LogText(information));
            return module;
        }
    }

    public void UnloadModule(nint module) => Check(cuModuleUnload(module), "cuModuleUnload");

    public nint Function(nint module, string name)
    {
        CudaResult result = cuModuleGetFunction(out nint function, module, name);
        if (result != CudaResult.Success)
            throw Failure(result, $"cuModuleGetFunction of kernel '{name}'");
        return function;
    }

    public void AllowDynamicSharedMemory(nint function, int bytes)
        => Check(cuFuncSetAttribute(function, Driver.FunctionAttribute.MaxDynamicSharedBytes, bytes),
            "cuFuncSetAttribute of the dynamic shared memory", bytes);

    public int FunctionAttribute(FunctionAttribute attribute, nint function)
    {
        Check(cuFuncGetAttribute(out int value, attribute, function), "cuFuncGetAttribute");
        return value;
    }

    public void Launch(nint function, in KernelLaunch launch, nint stream, KernelArguments arguments)
    {
        IReadOnlyList<KernelParameter> parameters = arguments.Parameters;
        void** pointers = stackalloc void*[parameters.Count];
        fixed (byte* bytes = arguments.Bytes)
        {
            for (int i = 0; i < parameters.Count; i++)
                pointers[i] = bytes + parameters[i].Offset;
            CudaResult result = cuLaunchKernel(
                function, (uint)launch.Grid.X, (uint)launch.Grid.Y, (uint)launch.Grid.Z, (uint)launch.Block.X, (uint)launch.Block.Y,
                (uint)launch.Block.Z,
                (uint)launch.DynamicSharedBytes, stream, pointers, null);
            if (result != CudaResult.Success)
                throw Failure(result, $"cuLaunchKernel of {launch.Kernel}, grid {launch.Grid}, block {launch.Block}, "
                    + $"{launch.DynamicSharedBytes} bytes of dynamic shared memory,");
        }
    }

    public void BeginCapture(nint stream) => Check(cuStreamBeginCapture_v2(stream, CaptureThreadLocal), "cuStreamBeginCapture");

    public nint EndCapture(nint stream)
    {
        Check(cuStreamEndCapture(stream, out nint graph), "cuStreamEndCapture");
        return graph;
    }

    public nint Instantiate(nint graph)
    {
        Check(cuGraphInstantiateWithFlags(out nint executable, graph, 0), "cuGraphInstantiate");
        return executable;
    }

    public void LaunchGraph(nint executable, nint stream) => Check(cuGraphLaunch(executable, stream), "cuGraphLaunch");

    public void DestroyGraph(nint graph) => Check(cuGraphDestroy(graph), "cuGraphDestroy");

    public void DestroyExecutable(nint executable) => Check(cuGraphExecDestroy(executable), "cuGraphExecDestroy");

    internal static string VersionText(int version) => $"{version / 1000}.{version % 1000 / 10}";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Check(CudaResult result, string call)
    {
        if (result != CudaResult.Success)
            throw Failure(result, call);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Check(CudaResult result, string call, long bytes)
    {
        if (result != CudaResult.Success)
            throw Failure(result, $"{call} ({bytes} bytes)");
    }

    private static CudaException Failure(CudaResult result, string call) => new(result, Name(result), Text(result), call);

    private static string Name(CudaResult result)
        => cuGetErrorName(result, out byte* text) == CudaResult.Success
            ? Marshal.PtrToStringUTF8((nint)text)! : "an error unknown to the driver";

    private static string Text(CudaResult result)
        => cuGetErrorString(result, out byte* text) == CudaResult.Success ? Marshal.PtrToStringUTF8((nint)text)! : "no description";

    private static string LogText(byte[] log)
    {
        int length = Array.IndexOf(log, (byte)0);
        return Encoding.UTF8.GetString(log, 0, length < 0 ? log.Length : length);
    }
}
