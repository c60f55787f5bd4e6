using System.Runtime.InteropServices;
using DdmNative.Compute.Cuda;
using DdmNative.Compute.Cuda.Driver;
using ManagedCuda;
using ManagedCuda.BasicTypes;
using ManagedCuda.VectorTypes;
using CudaException = DdmNative.Compute.Cuda.CudaException;
using DeviceAttribute = DdmNative.Compute.Cuda.Driver.DeviceAttribute;
using FunctionAttribute = DdmNative.Compute.Cuda.Driver.FunctionAttribute;

namespace DdmNative.Compute.ManagedCuda;

/// <summary>
/// The driver through ManagedCuda 12: its context, module, kernel, stream, event, graph, device-variable and page-locked-memory classes,
/// looked up by the handles of <see cref="ICudaDriver"/>. For calls that no class covers (capturing a stream, times between events on
/// drivers before CUDA 12.8), ManagedCuda's own declarations of the driver's functions are used.
/// </summary>
/// <remarks>A driver object belongs to one device and is not thread-safe, like the device.</remarks>
internal sealed class ManagedCudaDriver : ICudaDriver
{
    private const int LogBytes = 16 * 1024;

    /// <summary>
    /// CUDA 12.3: the first with <c>cuStreamBeginCaptureToGraph</c>, the only way to capture into a <see cref="CudaGraph"/>, which cannot
    /// wrap a graph that another call returns.
    /// </summary>
    private const int OldestVersion = 12030;

    private readonly Dictionary<nint, PrimaryContext> _contexts = [];
    private readonly Dictionary<ulong, CudaDeviceVariable<byte>> _allocations = [];
    private readonly Dictionary<nint, CudaPageLockedHostMemory<byte>> _hostMemory = [];
    private readonly Dictionary<nint, CudaStream> _streams = [];
    private readonly Dictionary<nint, CudaEvent> _events = [];
    private readonly Dictionary<nint, CUmodule> _modules = [];
    private readonly Dictionary<nint, CudaKernel> _kernels = [];
    private readonly Dictionary<nint, CudaGraph> _graphs = [];
    private readonly Dictionary<nint, CudaGraphExec> _executables = [];
    private CudaGraph? _capturing;
    private PrimaryContext? _current;

    public string Family => ManagedCudaFamily.FamilyName;

    public void Initialize()
    {
        ManagedCudaLibrary.Require();
        try
        {
            CUResult result = DriverAPINativeMethods.cuInit(CUInitializationFlags.None);
            if (result == CUResult.ErrorNoDevice)
                throw new CudaUnavailableException(
                    "no CUDA device: the driver is installed but finds no NVIDIA GPU (CUDA_ERROR_NO_DEVICE). "
                    + "Check `nvidia-smi` and CUDA_VISIBLE_DEVICES, or use --device cpu.");
            if (result != CUResult.Success)
                throw new CudaUnavailableException(
                    $"the CUDA driver failed to initialise: cuInit failed with {NameOf(result)} ({(int)result}), {TextOf(result)}. "
                    + "Check `nvidia-smi`, or use --device cpu.");
            int version = Version();
            if (version < OldestVersion)
                throw new CudaUnavailableException(
                    $"the CUDA driver is too old for ManagedCuda: it supports CUDA {NativeCudaDriver.VersionText(version)}; 12.3 or later "
                    + $"is needed. Update the NVIDIA driver, or use --device cuda.");
            if (DeviceCount() == 0)
                throw new CudaUnavailableException(
                    "no CUDA device: the driver is installed but finds no NVIDIA GPU. "
                    + "Check `nvidia-smi` and CUDA_VISIBLE_DEVICES, or use --device cpu.");
        }
        catch (EntryPointNotFoundException e)
        {
            throw new CudaUnavailableException(
                $"the CUDA driver lacks a function that ManagedCuda needs: {e.Message} Update the NVIDIA driver (CUDA 12.3 or later), or "
                + $"use --device cuda.", e);
        }
    }

    public int Version()
    {
        // CudaContext.GetDriverVersion computes the minor version as the remainder by 100, which is ten times too large.
        int version = 0;
        Check(DriverAPINativeMethods.cuDriverGetVersion(ref version), "cuDriverGetVersion");
        return version;
    }

    public int DeviceCount() => Call(CudaContext.GetDeviceCount, "cuDeviceGetCount");

    public int Device(int ordinal) => Call(() => CudaContext.GetCUdevice(ordinal).Pointer, $"cuDeviceGet of device {ordinal}");

    public string DeviceName(int device)
    {
        byte[] name = new byte[256];
        Check(DriverAPINativeMethods.DeviceManagement.cuDeviceGetName(name, name.Length, DeviceOf(device)), "cuDeviceGetName");
        return System.Text.Encoding.UTF8.GetString(name).TrimEnd('\0');
    }

    public long TotalMemory(int device)
    {
        SizeT bytes = 0;
        Check(DriverAPINativeMethods.DeviceManagement.cuDeviceTotalMem_v2(ref bytes, DeviceOf(device)), "cuDeviceTotalMem");
        return bytes;
    }

    public int Attribute(DeviceAttribute attribute, int device)
    {
        int value = 0;
        Check(DriverAPINativeMethods.DeviceManagement.cuDeviceGetAttribute(ref value, (CUDeviceAttribute)attribute, DeviceOf(device)),
            $"cuDeviceGetAttribute of {attribute}");
        return value;
    }

    public nint RetainPrimaryContext(int device)
    {
        PrimaryContext context = Call(() => new PrimaryContext(DeviceOf(device)), "cuDevicePrimaryCtxRetain");
        _contexts[context.Context.Pointer] = context;
        return context.Context.Pointer;
    }

    public void ReleasePrimaryContext(int device)
    {
        PrimaryContext context = _contexts.Values.First(each => each.Device.Pointer == device);
        _contexts.Remove(context.Context.Pointer);
        if (_current == context)
            _current = null;
        context.Dispose();
    }

    public void SetCurrent(nint context)
    {
        PrimaryContext next = _contexts[context];
        Call(next.SetCurrent, "cuCtxSetCurrent");
        _current = next;
    }

    public (long Free, long Total) MemoryInfo()
        => Call(() => ((long)_current!.GetFreeDeviceMemorySize(), (long)_current.GetTotalDeviceMemorySize()), "cuMemGetInfo");

    public ulong Allocate(long bytes)
    {
        CudaDeviceVariable<byte> allocation = Call(() => new CudaDeviceVariable<byte>(bytes), "cuMemAlloc", bytes);
        _allocations[allocation.DevicePointer.Pointer] = allocation;
        return allocation.DevicePointer.Pointer;
    }

    public void Free(ulong address) => Forget(_allocations, address).Dispose();

    public nint AllocateHost(long bytes)
    {
        CudaPageLockedHostMemory<byte> memory = Call(() => new CudaPageLockedHostMemory<byte>(bytes, CUMemHostAllocFlags.None),
            "cuMemHostAlloc", bytes);
        _hostMemory[memory.PinnedHostPointer] = memory;
        return memory.PinnedHostPointer;
    }

    public void FreeHost(nint memory) => Forget(_hostMemory, memory).Dispose();

    public void CopyToDevice(ulong destination, nint source, long bytes, nint stream)
    {
        using var piece = new CudaPageLockedHostMemory<byte>(source, bytes);
        Call(() => piece.AsyncCopyToDevice(new CUdeviceptr(destination), _streams[stream].Stream), "cuMemcpyHtoDAsync", bytes);
    }

    public void CopyToHost(nint destination, ulong source, long bytes, nint stream)
    {
        using var piece = new CudaPageLockedHostMemory<byte>(destination, bytes);
        Call(() => piece.AsyncCopyFromDevice(new CUdeviceptr(source), _streams[stream].Stream), "cuMemcpyDtoHAsync", bytes);
    }

    public void Fill(ulong destination, uint word, long words, nint stream)
    {
        // For an address that the object does not own, the constructor's size is in bytes, not in elements.
        using var piece = new CudaDeviceVariable<uint>(new CUdeviceptr(destination), words * sizeof(uint));
        Call(() => piece.MemsetAsync(word, _streams[stream].Stream), "cuMemsetD32Async", words * sizeof(uint));
    }

    public nint CreateStream()
    {
        CudaStream stream = Call(() => new CudaStream(CUStreamFlags.NonBlocking), "cuStreamCreate");
        _streams[stream.Stream.Pointer] = stream;
        return stream.Stream.Pointer;
    }

    public void DestroyStream(nint stream) => Forget(_streams, stream).Dispose();

    public void Synchronize(nint stream) => Call(_streams[stream].Synchronize, "cuStreamSynchronize");

    public nint CreateEvent(bool timing)
    {
        CudaEvent made = Call(() => new CudaEvent(timing ? CUEventFlags.Default : CUEventFlags.DisableTiming), "cuEventCreate");
        _events[made.Event.Pointer] = made;
        return made.Event.Pointer;
    }

    public void DestroyEvent(nint @event) => Forget(_events, @event).Dispose();

    public void Record(nint @event, nint stream) => Call(() => _events[@event].Record(_streams[stream].Stream), "cuEventRecord");

    public bool HasHappened(nint @event) => Call(_events[@event].Query, "cuEventQuery");

    public void Wait(nint @event) => Call(_events[@event].Synchronize, "cuEventSynchronize");

    public float Milliseconds(nint start, nint end)
    {
        // CudaEvent.ElapsedTime is cuEventElapsedTime_v2, which drivers have from CUDA 12.8 on.
        float milliseconds = 0;
        Check(DriverAPINativeMethods.Events.cuEventElapsedTime(ref milliseconds, _events[start].Event, _events[end].Event),
            "cuEventElapsedTime");
        return milliseconds;
    }

    public nint LoadModule(string name, ReadOnlySpan<byte> image)
    {
        using var information = new CudaJOInfoLogBuffer(LogBytes);
        using var errors = new CudaJOErrorLogBuffer(LogBytes);
        using var options = new CudaJitOptionCollection();
        options.Add(information);
        options.Add(errors);
        try
        {
            CUmodule module = _current!.LoadModulePTX(image.ToArray(), options);
            _modules[module.Pointer] = module;
            return module.Pointer;
        }
        catch (global::ManagedCuda.CudaException e)
        {
            options.UpdateValues();
            throw Failure(e.CudaError, $"cuModuleLoadDataEx of the kernels in {name}", errors.Value + "\n" + information.Value);
        }
    }

    public void UnloadModule(nint module)
    {
        CUmodule unloaded = Forget(_modules, module);
        foreach (nint kernel in _kernels.Where(entry => entry.Value.CUModule.Pointer == module).Select(entry => entry.Key).ToArray())
            _kernels.Remove(kernel);
        Call(() => _current!.UnloadModule(unloaded), "cuModuleUnload");
    }

    public nint Function(nint module, string name)
    {
        CudaKernel kernel = Call(() => new CudaKernel(name, _modules[module]), $"cuModuleGetFunction of kernel '{name}'");
        _kernels[kernel.CUFunction.Pointer] = kernel;
        return kernel.CUFunction.Pointer;
    }

    public void AllowDynamicSharedMemory(nint function, int bytes)
        => Call(() => _kernels[function].MaxDynamicSharedSizeBytes = bytes, "cuFuncSetAttribute of the dynamic shared memory", bytes);

    public int FunctionAttribute(FunctionAttribute attribute, nint function)
    {
        CudaKernel kernel = _kernels[function];
        return attribute switch
        {
            Cuda.Driver.FunctionAttribute.SharedBytes => kernel.SharedMemory,
            Cuda.Driver.FunctionAttribute.LocalBytes => kernel.LocalMemory,
            Cuda.Driver.FunctionAttribute.Registers => kernel.Registers,
            Cuda.Driver.FunctionAttribute.MaxDynamicSharedBytes => Call(() => kernel.MaxDynamicSharedSizeBytes, "cuFuncGetAttribute"),
            _ => throw new ArgumentOutOfRangeException(nameof(attribute), attribute, "not used by the CUDA backend"),
        };
    }

    public void Launch(nint function, in KernelLaunch launch, nint stream, KernelArguments arguments)
    {
        CudaKernel kernel = _kernels[function];
        kernel.GridDimensions = new dim3(launch.Grid.X, launch.Grid.Y, launch.Grid.Z);
        kernel.BlockDimensions = new dim3(launch.Block.X, launch.Block.Y, launch.Block.Z);
        kernel.DynamicSharedMemory = (uint)launch.DynamicSharedBytes;
        try
        {
            kernel.RunAsync(_streams[stream].Stream, Boxed(arguments));
        }
        catch (global::ManagedCuda.CudaException e)
        {
            throw Failure(e.CudaError,
                $"cuLaunchKernel of {launch.Kernel}, grid {launch.Grid}, block {launch.Block}, {launch.DynamicSharedBytes} bytes of "
                + $"dynamic shared memory,");
        }
    }

    public void BeginCapture(nint stream)
    {
        CudaGraph graph = Call(() => new CudaGraph(), "cuGraphCreate");
        CUResult result = DriverAPINativeMethods.Streams.cuStreamBeginCaptureToGraph(_streams[stream].Stream, graph.Graph, null, null, 0,
            CUstreamCaptureMode.Local);
        if (result != CUResult.Success)
        {
            graph.Dispose();
            throw Failure(result, "cuStreamBeginCaptureToGraph");
        }
        _capturing = graph;
    }

    public nint EndCapture(nint stream)
    {
        (CudaGraph graph, _capturing) = (_capturing ?? throw new InvalidOperationException("No capture has begun."), null);
        CUgraph captured = default;
        CUResult result = DriverAPINativeMethods.Streams.cuStreamEndCapture(_streams[stream].Stream, ref captured);
        if (result != CUResult.Success)
        {
            graph.Dispose();
            throw Failure(result, "cuStreamEndCapture");
        }
        _graphs[graph.Graph.Pointer] = graph;
        return graph.Graph.Pointer;
    }

    public nint Instantiate(nint graph)
    {
        CudaGraphExec executable = Call(() => _graphs[graph].Instantiate(CUgraphInstantiate_flags.None), "cuGraphInstantiate");
        _executables[executable.Graph.Pointer] = executable;
        return executable.Graph.Pointer;
    }

    public void LaunchGraph(nint executable, nint stream)
    {
        try
        {
            _executables[executable].Launch(_streams[stream]);
        }
        catch (global::ManagedCuda.CudaException e)
        {
            throw Failure(e.CudaError, "cuGraphLaunch");
        }
    }

    public void DestroyGraph(nint graph) => Forget(_graphs, graph).Dispose();

    public void DestroyExecutable(nint executable) => Forget(_executables, executable).Dispose();

    /// <summary>A kernel's parameters as boxed values of their sizes, which ManagedCuda pins.</summary>
    private static object[] Boxed(KernelArguments arguments)
    {
        var boxed = new object[arguments.Parameters.Count];
        for (int i = 0; i < boxed.Length; i++)
        {
            (int offset, int bytes, _) = arguments.Parameters[i];
            ReadOnlySpan<byte> value = arguments.Bytes.Slice(offset, bytes);
            boxed[i] = bytes switch
            {
                sizeof(uint) => MemoryMarshal.Read<uint>(value),
                sizeof(ulong) => MemoryMarshal.Read<ulong>(value),
                _ => throw new ArgumentException($"A kernel parameter has {bytes} bytes; expected 4 or 8.", nameof(arguments)),
            };
        }
        return boxed;
    }

    private static CUdevice DeviceOf(int device) => new() { Pointer = device };

    private static TValue Forget<TKey, TValue>(Dictionary<TKey, TValue> objects, TKey handle)
        where TKey : notnull
        => objects.Remove(handle, out TValue? value)
            ? value
            : throw new ArgumentException($"0x{handle:x} is not the handle of an existing {typeof(TValue).Name}.", nameof(handle));

    private static void Call(Action call, string name, long? bytes = null)
    {
        try
        {
            call();
        }
        catch (global::ManagedCuda.CudaException e)
        {
            throw Failure(e.CudaError, bytes is null ? name : $"{name} ({bytes} bytes)");
        }
    }

    private static T Call<T>(Func<T> call, string name, long? bytes = null)
    {
        try
        {
            return call();
        }
        catch (global::ManagedCuda.CudaException e)
        {
            throw Failure(e.CudaError, bytes is null ? name : $"{name} ({bytes} bytes)");
        }
    }

    private static void Check(CUResult result, string call)
    {
        if (result != CUResult.Success)
            throw Failure(result, call);
    }

    private static CudaException Failure(CUResult result, string call, string? log = null)
        => new((CudaResult)result, NameOf(result), TextOf(result), call, log);

    private static string NameOf(CUResult result)
    {
        nint text = 0;
        return DriverAPINativeMethods.ErrorHandling.cuGetErrorName(result, ref text) == CUResult.Success
            ? Marshal.PtrToStringUTF8(text)! : "an error unknown to the driver";
    }

    private static string TextOf(CUResult result)
    {
        nint text = 0;
        return DriverAPINativeMethods.ErrorHandling.cuGetErrorString(result, ref text) == CUResult.Success
            ? Marshal.PtrToStringUTF8(text)! : "no description";
    }
}
