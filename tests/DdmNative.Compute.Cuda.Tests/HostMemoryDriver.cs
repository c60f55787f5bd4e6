using System.Runtime.InteropServices;
using DdmNative.Compute.Cuda.Driver;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

/// <summary>
/// A driver whose device memory is the host's and whose stream is as lazy as a stream may be: work is done only when someone waits for it. Kernels are
/// not run, they are written down. It holds the backend to what real drivers hold it to: a call needs a living context on its thread (once
/// one was retained), and nothing is loaded while a stream is being captured.
/// </summary>
internal sealed unsafe class HostMemoryDriver(long memoryBytes = 1 << 28, int devices = 1) : ICudaDriver, IDisposable
{
    private const int FirstContext = 1000;

    private readonly Dictionary<ulong, long> allocations = [];
    private readonly List<nint> hostAllocations = [];
    private readonly Queue<(nint Event, Action Work)> waiting = new();
    private readonly HashSet<nint> happened = [];
    private readonly Dictionary<nint, string> functions = [];
    private readonly Dictionary<nint, List<string>> graphs = [];
    private readonly Dictionary<int, (int Generation, int Retained)> contexts = [];
    private readonly ThreadLocal<(nint Handle, int Generation)> current = new();
    private readonly HashSet<nint> streams = [], events = [], modules = [];
    private List<string>? captured;
    private nint lastHandle;

    /// <summary>Kernels in the order in which they ran, with their pointer arguments.</summary>
    public List<string> Ran { get; } = [];

    /// <summary>How often the driver's allocator was asked.</summary>
    public int AllocateCalls { get; private set; }

    /// <summary>How often the host waited for the stream.</summary>
    public int Synchronizations { get; private set; }

    /// <summary>Copies to the host that were asked for, and at each wait for an event that had not happened how many they were.</summary>
    public int CopiesToHost { get; private set; }

    public List<int> CopiesToHostAtWaits { get; } = [];

    /// <summary>Whether work is done at once, as by a device that is faster than the host.</summary>
    public bool IsEager { get; set; }

    /// <summary>The call that fails, by its method's name; <c>*</c> for every one; null for none.</summary>
    public string? FailingCall { get; set; }

    /// <summary>Calls that have failed, by name.</summary>
    public List<string> Failed { get; } = [];

    /// <summary>Names of the modules that were loaded.</summary>
    public List<string> LoadedModules { get; } = [];

    /// <summary>What the backend has not given back: streams, events, modules, page-locked memory, device memory and contexts.</summary>
    public int Living => streams.Count + events.Count + modules.Count + hostAllocations.Count + allocations.Count + contexts.Values.Sum(
        context => context.Retained);

    /// <summary>The kernel whose launch fails; null for none.</summary>
    public string? FailingKernel { get; set; }

    /// <summary>How often each context's allocator was asked.</summary>
    public Dictionary<nint, int> AllocationsByContext { get; } = [];

    public long AllocatedBytes => allocations.Values.Sum();

    public int Executables => graphs.Count;

    public void Initialize()
    {
    }

    public int Version() => 12020;

    public int DeviceCount() => devices;

    public int Device(int ordinal) => ordinal;

    public string DeviceName(int device) => "Host memory";

    public long TotalMemory(int device) => memoryBytes;

    public int Attribute(DeviceAttribute attribute, int device) => attribute == DeviceAttribute.ComputeCapabilityMajor ? 8 : 0;

    /// <summary>A device's context has the same handle in each of its lives, as it may have in a real driver.</summary>
    public nint RetainPrimaryContext(int device)
    {
        (int generation, int retained) = contexts.GetValueOrDefault(device);
        contexts[device] = (retained == 0 ? generation + 1 : generation, retained + 1);
        return FirstContext + device;
    }

    public void ReleasePrimaryContext(int device)
    {
        FailIfAsked(nameof(ReleasePrimaryContext));
        contexts[device] = contexts[device] with { Retained = contexts[device].Retained - 1 };
    }

    public void SetCurrent(nint context)
    {
        FailIfAsked(nameof(SetCurrent));
        current.Value = (context, contexts[(int)(context - FirstContext)].Generation);
    }

    public (long Free, long Total) MemoryInfo() => (memoryBytes - AllocatedBytes, memoryBytes);

    public ulong Allocate(long bytes)
    {
        RequireContext(nameof(Allocate));
        AllocateCalls++;
        nint context = current.Value.Handle;
        AllocationsByContext[context] = AllocationsByContext.GetValueOrDefault(context) + 1;
        if (AllocatedBytes + bytes > memoryBytes)
            throw new CudaException(CudaResult.OutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory", "cuMemAlloc");
        ulong address = (ulong)NativeMemory.AlignedAlloc((nuint)bytes, 256);
        allocations.Add(address, bytes);
        return address;
    }

    public void Free(ulong address)
    {
        RequireContext(nameof(Free));
        Assert.True(allocations.Remove(address), "freed what was not allocated");
        NativeMemory.AlignedFree((void*)address);
    }

    public nint AllocateHost(long bytes)
    {
        RequireContext(nameof(AllocateHost));
        hostAllocations.Add((nint)NativeMemory.Alloc((nuint)bytes));
        return hostAllocations[^1];
    }

    public void FreeHost(nint memory)
    {
        RequireContext(nameof(FreeHost));
        Assert.True(hostAllocations.Remove(memory));
        NativeMemory.Free((void*)memory);
    }

    public void CopyToDevice(ulong destination, nint source, long bytes, nint stream) => Later(() => Copy((nint)destination, source, bytes));

    public void CopyToHost(nint destination, ulong source, long bytes, nint stream)
    {
        CopiesToHost++;
        Later(() => Copy(destination, (nint)source, bytes));
    }

    public void Fill(ulong destination, uint word, long words, nint stream) => Later(() => new Span<uint>((void*)destination, (int)words).Fill(word));

    public nint CreateStream() => Made(streams, nameof(CreateStream));

    public void DestroyStream(nint stream) => Unmade(streams, stream, nameof(DestroyStream));

    public void Synchronize(nint stream)
    {
        RequireContext(nameof(Synchronize));
        Synchronizations++;
        while (waiting.TryDequeue(out (nint Event, Action Work) next))
            Do(next);
    }

    public nint CreateEvent(bool timing) => Made(events, nameof(CreateEvent));

    public void DestroyEvent(nint @event)
    {
        Unmade(events, @event, nameof(DestroyEvent));
        happened.Remove(@event);
    }

    public void Record(nint @event, nint stream)
    {
        happened.Remove(@event);
        waiting.Enqueue((@event, () => { }));
    }

    public bool HasHappened(nint @event) => happened.Contains(@event);

    public void Wait(nint @event)
    {
        RequireContext(nameof(Wait));
        if (!happened.Contains(@event))
            CopiesToHostAtWaits.Add(CopiesToHost);
        while (!happened.Contains(@event) && waiting.TryDequeue(out (nint Event, Action Work) next))
            Do(next);
    }

    public float Milliseconds(nint start, nint end) => 1;

    public nint LoadModule(string name, ReadOnlySpan<byte> image)
    {
        RequireNoCapture(nameof(LoadModule));
        LoadedModules.Add(name);
        return Made(modules, nameof(LoadModule));
    }

    public void UnloadModule(nint module) => Unmade(modules, module, nameof(UnloadModule));

    public nint Function(nint module, string name)
    {
        RequireNoCapture(nameof(Function));
        functions[++lastHandle] = name;
        return lastHandle;
    }

    public void AllowDynamicSharedMemory(nint function, int bytes) => RequireNoCapture(nameof(AllowDynamicSharedMemory));

    public int FunctionAttribute(FunctionAttribute attribute, nint function) => 0;

    public void Launch(nint function, in KernelLaunch launch, nint stream, KernelArguments arguments)
    {
        if (functions[function] == FailingKernel)
            throw new CudaException(CudaResult.InvalidValue, "CUDA_ERROR_INVALID_VALUE", "invalid argument", $"cuLaunchKernel of {FailingKernel}");
        var pointers = new List<ulong>();
        foreach (KernelParameter parameter in arguments.Parameters.Where(parameter => parameter.IsPointer))
            pointers.Add(MemoryMarshal.Read<ulong>(arguments.Bytes.Slice(parameter.Offset, parameter.Bytes)));
        string line = $"{functions[function]}({string.Join(",", pointers)})";
        if (captured is not null)
            captured.Add(line);
        else
            Later(() => Ran.Add(line));
    }

    public void BeginCapture(nint stream) => captured = [];

    public nint EndCapture(nint stream)
    {
        graphs[++lastHandle] = captured!;
        captured = null;
        return lastHandle;
    }

    public nint Instantiate(nint graph)
    {
        graphs[++lastHandle] = graphs[graph];
        return lastHandle;
    }

    public void LaunchGraph(nint executable, nint stream)
    {
        List<string> kernels = graphs[executable];
        Later(() => Ran.AddRange(kernels));
    }

    public void DestroyGraph(nint graph) => Assert.True(graphs.Remove(graph));

    public void DestroyExecutable(nint executable) => Assert.True(graphs.Remove(executable));

    public void Dispose()
    {
        foreach (ulong address in allocations.Keys)
            NativeMemory.AlignedFree((void*)address);
        foreach (nint memory in hostAllocations)
            NativeMemory.Free((void*)memory);
        current.Dispose();
    }

    private static void Copy(nint destination, nint source, long bytes) => Buffer.MemoryCopy((void*)source, (void*)destination, bytes, bytes);

    private void Later(Action work)
    {
        if (IsEager)
            work();
        else
            waiting.Enqueue((0, work));
    }

    private nint Made(HashSet<nint> kind, string call)
    {
        RequireContext(call);
        kind.Add(++lastHandle);
        return lastHandle;
    }

    private void Unmade(HashSet<nint> kind, nint handle, string call)
    {
        RequireContext(call);
        Assert.True(kind.Remove(handle), $"{call} of what is not there");
    }

    private void RequireNoCapture(string call)
    {
        RequireContext(call);
        Assert.True(captured is null, $"{call} while the stream is captured");
    }

    private void RequireContext(string call)
    {
        FailIfAsked(call);
        if (contexts.Count == 0)
            return;
        (nint handle, int generation) = current.Value;
        Assert.True(handle != 0, $"{call} on a thread without a context");
        (int living, int retained) = contexts[(int)(handle - FirstContext)];
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
            happened.Add(item.Event);
    }
}
