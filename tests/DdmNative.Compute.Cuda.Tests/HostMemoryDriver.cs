using System.Runtime.InteropServices;
using DdmNative.Compute.Cuda.Driver;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

/// <summary>
/// A driver whose device memory is host memory and whose stream is as lazy as possible: work is done only when the host waits for it.
/// Kernels are recorded, not run. It enforces what real drivers enforce: a call needs a valid context on its thread (once one was
/// retained), and nothing is loaded during stream capture.
/// </summary>
internal sealed unsafe class HostMemoryDriver(long memoryBytes = 1 << 28, int devices = 1) : ICudaDriver, IDisposable
{
    private const int FirstContext = 1000;

    private readonly Dictionary<ulong, long> _allocations = [];
    private readonly List<nint> _hostAllocations = [];
    private readonly Queue<(nint Event, Action Work)> _waiting = new();
    private readonly HashSet<nint> _happened = [];
    private readonly Dictionary<nint, string> _functions = [];
    private readonly Dictionary<nint, List<string>> _graphs = [];
    private readonly Dictionary<int, (int Generation, int Retained)> _contexts = [];
    private readonly ThreadLocal<(nint Handle, int Generation)> _current = new();
    private readonly HashSet<nint> _streams = [], _events = [], _modules = [];
    private List<string>? _captured;
    private nint _lastHandle;

    /// <summary>Kernels in the order in which they ran, with their pointer arguments.</summary>
    public List<string> Ran { get; } = [];

    /// <summary>The number of calls of the driver's allocator.</summary>
    public int AllocateCalls { get; private set; }

    /// <summary>How often the host waited for the stream.</summary>
    public int Synchronizations { get; private set; }

    /// <summary>The number of copies to the host that were requested, and its value at each wait for an incomplete event.</summary>
    public int CopiesToHost { get; private set; }

    public List<int> CopiesToHostAtWaits { get; } = [];

    /// <summary>Whether work is done at once, as on a device that is faster than the host.</summary>
    public bool IsEager { get; set; }

    /// <summary>The call that fails, by its method's name; <c>*</c> for every one; null for none.</summary>
    public string? FailingCall { get; set; }

    /// <summary>Calls that have failed, by name.</summary>
    public List<string> Failed { get; } = [];

    /// <summary>Names of the modules that were loaded.</summary>
    public List<string> LoadedModules { get; } = [];

    /// <summary>What the backend has not released: streams, events, modules, page-locked memory, device memory and contexts.</summary>
    public int Living
        => _streams.Count + _events.Count + _modules.Count + _hostAllocations.Count + _allocations.Count + _contexts.Values.Sum(
        context => context.Retained);

    /// <summary>The kernel whose launch fails; null for none.</summary>
    public string? FailingKernel { get; set; }

    /// <summary>The number of allocations in each context.</summary>
    public Dictionary<nint, int> AllocationsByContext { get; } = [];

    public long AllocatedBytes => _allocations.Values.Sum();

    public int Executables => _graphs.Count;

    public void Initialize()
    {
    }

    public int Version() => 12020;

    public int DeviceCount() => devices;

    public int Device(int ordinal) => ordinal;

    public string DeviceName(int device) => "Host memory";

    public long TotalMemory(int device) => memoryBytes;

    public int Attribute(DeviceAttribute attribute, int device) => attribute == DeviceAttribute.ComputeCapabilityMajor ? 8 : 0;

    /// <summary>A device's contexts all have the same handle, as they may in a real driver.</summary>
    public nint RetainPrimaryContext(int device)
    {
        (int generation, int retained) = _contexts.GetValueOrDefault(device);
        _contexts[device] = (retained == 0 ? generation + 1 : generation, retained + 1);
        return FirstContext + device;
    }

    public void ReleasePrimaryContext(int device)
    {
        FailIfAsked(nameof(ReleasePrimaryContext));
        _contexts[device] = _contexts[device] with { Retained = _contexts[device].Retained - 1 };
    }

    public void SetCurrent(nint context)
    {
        FailIfAsked(nameof(SetCurrent));
        _current.Value = (context, _contexts[(int)(context - FirstContext)].Generation);
    }

    public (long Free, long Total) MemoryInfo() => (memoryBytes - AllocatedBytes, memoryBytes);

    public ulong Allocate(long bytes)
    {
        RequireContext(nameof(Allocate));
        AllocateCalls++;
        nint context = _current.Value.Handle;
        AllocationsByContext[context] = AllocationsByContext.GetValueOrDefault(context) + 1;
        if (AllocatedBytes + bytes > memoryBytes)
            throw new CudaException(CudaResult.OutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory", "cuMemAlloc");
        ulong address = (ulong)NativeMemory.AlignedAlloc((nuint)bytes, 256);
        _allocations.Add(address, bytes);
        return address;
    }

    public void Free(ulong address)
    {
        RequireContext(nameof(Free));
        Assert.True(_allocations.Remove(address), "freed what was not allocated");
        NativeMemory.AlignedFree((void*)address);
    }

    public nint AllocateHost(long bytes)
    {
        RequireContext(nameof(AllocateHost));
        _hostAllocations.Add((nint)NativeMemory.Alloc((nuint)bytes));
        return _hostAllocations[^1];
    }

    public void FreeHost(nint memory)
    {
        RequireContext(nameof(FreeHost));
        Assert.True(_hostAllocations.Remove(memory));
        NativeMemory.Free((void*)memory);
    }

    public void CopyToDevice(ulong destination, nint source, long bytes, nint stream)
        => Later(() => Copy((nint)destination, source, bytes));

    public void CopyToHost(nint destination, ulong source, long bytes, nint stream)
    {
        CopiesToHost++;
        Later(() => Copy(destination, (nint)source, bytes));
    }

    public void Fill(ulong destination, uint word, long words, nint stream)
        => Later(() => new Span<uint>((void*)destination, (int)words).Fill(word));

    public nint CreateStream() => Made(_streams, nameof(CreateStream));

    public void DestroyStream(nint stream) => Unmade(_streams, stream, nameof(DestroyStream));

    public void Synchronize(nint stream)
    {
        RequireContext(nameof(Synchronize));
        Synchronizations++;
        while (_waiting.TryDequeue(out (nint Event, Action Work) next))
            Do(next);
    }

    public nint CreateEvent(bool timing) => Made(_events, nameof(CreateEvent));

    public void DestroyEvent(nint @event)
    {
        Unmade(_events, @event, nameof(DestroyEvent));
        _happened.Remove(@event);
    }

    public void Record(nint @event, nint stream)
    {
        _happened.Remove(@event);
        _waiting.Enqueue((@event, () => { }));
    }

    public bool HasHappened(nint @event) => _happened.Contains(@event);

    public void Wait(nint @event)
    {
        RequireContext(nameof(Wait));
        if (!_happened.Contains(@event))
            CopiesToHostAtWaits.Add(CopiesToHost);
        while (!_happened.Contains(@event) && _waiting.TryDequeue(out (nint Event, Action Work) next))
            Do(next);
    }

    public float Milliseconds(nint start, nint end) => 1;

    public nint LoadModule(string name, ReadOnlySpan<byte> image)
    {
        RequireNoCapture(nameof(LoadModule));
        LoadedModules.Add(name);
        return Made(_modules, nameof(LoadModule));
    }

    public void UnloadModule(nint module) => Unmade(_modules, module, nameof(UnloadModule));

    public nint Function(nint module, string name)
    {
        RequireNoCapture(nameof(Function));
        _functions[++_lastHandle] = name;
        return _lastHandle;
    }

    public void AllowDynamicSharedMemory(nint function, int bytes) => RequireNoCapture(nameof(AllowDynamicSharedMemory));

    public int FunctionAttribute(FunctionAttribute attribute, nint function) => 0;

    public void Launch(nint function, in KernelLaunch launch, nint stream, KernelArguments arguments)
    {
        if (_functions[function] == FailingKernel)
            throw new CudaException(CudaResult.InvalidValue, "CUDA_ERROR_INVALID_VALUE", "invalid argument",
                $"cuLaunchKernel of {FailingKernel}");
        var pointers = new List<ulong>();
        foreach (KernelParameter parameter in arguments.Parameters.Where(parameter => parameter.IsPointer))
            pointers.Add(MemoryMarshal.Read<ulong>(arguments.Bytes.Slice(parameter.Offset, parameter.Bytes)));
        string line = $"{_functions[function]}({string.Join(",", pointers)})";
        if (_captured is not null)
            _captured.Add(line);
        else
            Later(() => Ran.Add(line));
    }

    public void BeginCapture(nint stream) => _captured = [];

    public nint EndCapture(nint stream)
    {
        _graphs[++_lastHandle] = _captured!;
        _captured = null;
        return _lastHandle;
    }

    public nint Instantiate(nint graph)
    {
        _graphs[++_lastHandle] = _graphs[graph];
        return _lastHandle;
    }

    public void LaunchGraph(nint executable, nint stream)
    {
        List<string> kernels = _graphs[executable];
        Later(() => Ran.AddRange(kernels));
    }

    public void DestroyGraph(nint graph) => Assert.True(_graphs.Remove(graph));

    public void DestroyExecutable(nint executable) => Assert.True(_graphs.Remove(executable));

    public void Dispose()
    {
        foreach (ulong address in _allocations.Keys)
            NativeMemory.AlignedFree((void*)address);
        foreach (nint memory in _hostAllocations)
            NativeMemory.Free((void*)memory);
        _current.Dispose();
    }

    private static void Copy(nint destination, nint source, long bytes)
        => Buffer.MemoryCopy((void*)source, (void*)destination, bytes, bytes);

    private void Later(Action work)
    {
        if (IsEager)
            work();
        else
            _waiting.Enqueue((0, work));
    }

    private nint Made(HashSet<nint> kind, string call)
    {
        RequireContext(call);
        kind.Add(++_lastHandle);
        return _lastHandle;
    }

    private void Unmade(HashSet<nint> kind, nint handle, string call)
    {
        RequireContext(call);
        Assert.True(kind.Remove(handle), $"{call} of what is not there");
    }

    private void RequireNoCapture(string call)
    {
        RequireContext(call);
        Assert.True(_captured is null, $"{call} while the stream is captured");
    }

    private void RequireContext(string call)
    {
        FailIfAsked(call);
        if (_contexts.Count == 0)
            return;
        (nint handle, int generation) = _current.Value;
        Assert.True(handle != 0, $"{call} on a thread without a context");
        (int living, int retained) = _contexts[(int)(handle - FirstContext)];
        Assert.True(retained > 0 && living == generation, $"{call} in a context that is no more");
    }

    private void FailIfAsked(string call)
    {
        if (FailingCall != call && FailingCall != "*")
            return;
        Failed.Add(call);
        throw new CudaException(CudaResult.IllegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered", call);
    }

    private void Do((nint Event, Action Work) item)
    {
        item.Work();
        if (item.Event != 0)
            _happened.Add(item.Event);
    }
}
