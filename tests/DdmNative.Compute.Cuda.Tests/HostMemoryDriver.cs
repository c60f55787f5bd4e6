using System.Runtime.InteropServices;
using DdmNative.Compute.Cuda.Driver;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

/// <summary>
/// A driver whose device memory is the host's and whose stream is as lazy as a stream may be: work is done only when someone waits for it. Kernels are
/// not run, they are written down.
/// </summary>
internal sealed unsafe class HostMemoryDriver(long memoryBytes = 1 << 28, int devices = 1) : ICudaDriver, IDisposable
{
    private readonly Dictionary<ulong, long> allocations = [];
    private readonly List<nint> hostAllocations = [];
    private readonly Queue<(nint Event, Action Work)> waiting = new();
    private readonly HashSet<nint> happened = [];
    private readonly Dictionary<nint, string> functions = [];
    private readonly Dictionary<nint, List<string>> graphs = [];
    private List<string>? captured;
    private nint lastHandle;
    private nint current;

    /// <summary>Kernels in the order in which they ran, with their pointer arguments.</summary>
    public List<string> Ran { get; } = [];

    /// <summary>How often the driver's allocator was asked.</summary>
    public int AllocateCalls { get; private set; }

    /// <summary>How often the host waited for the stream.</summary>
    public int Synchronizations { get; private set; }

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

    public nint RetainPrimaryContext(int device) => ++lastHandle;

    public void ReleasePrimaryContext(int device)
    {
    }

    public void SetCurrent(nint context) => current = context;

    public (long Free, long Total) MemoryInfo() => (memoryBytes - AllocatedBytes, memoryBytes);

    public ulong Allocate(long bytes)
    {
        AllocateCalls++;
        AllocationsByContext[current] = AllocationsByContext.GetValueOrDefault(current) + 1;
        if (AllocatedBytes + bytes > memoryBytes)
            throw new CudaException(CudaResult.OutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory", "cuMemAlloc");
        ulong address = (ulong)NativeMemory.AlignedAlloc((nuint)bytes, 256);
        allocations.Add(address, bytes);
        return address;
    }

    public void Free(ulong address)
    {
        Assert.True(allocations.Remove(address), "freed what was not allocated");
        NativeMemory.AlignedFree((void*)address);
    }

    public nint AllocateHost(long bytes)
    {
        hostAllocations.Add((nint)NativeMemory.Alloc((nuint)bytes));
        return hostAllocations[^1];
    }

    public void FreeHost(nint memory)
    {
        Assert.True(hostAllocations.Remove(memory));
        NativeMemory.Free((void*)memory);
    }

    public void CopyToDevice(ulong destination, nint source, long bytes, nint stream) => Later(() => Copy((nint)destination, source, bytes));

    public void CopyToHost(nint destination, ulong source, long bytes, nint stream) => Later(() => Copy(destination, (nint)source, bytes));

    public void Fill(ulong destination, uint word, long words, nint stream) => Later(() => new Span<uint>((void*)destination, (int)words).Fill(word));

    public nint CreateStream() => ++lastHandle;

    public void DestroyStream(nint stream)
    {
    }

    public void Synchronize(nint stream)
    {
        Synchronizations++;
        while (waiting.TryDequeue(out (nint Event, Action Work) next))
            Do(next);
    }

    public nint CreateEvent(bool timing) => ++lastHandle;

    public void DestroyEvent(nint @event) => happened.Remove(@event);

    public void Record(nint @event, nint stream)
    {
        happened.Remove(@event);
        waiting.Enqueue((@event, () => { }));
    }

    public bool HasHappened(nint @event) => happened.Contains(@event);

    public void Wait(nint @event)
    {
        while (!happened.Contains(@event) && waiting.TryDequeue(out (nint Event, Action Work) next))
            Do(next);
    }

    public float Milliseconds(nint start, nint end) => 1;

    public nint LoadModule(ReadOnlySpan<byte> ptx) => ++lastHandle;

    public void UnloadModule(nint module)
    {
    }

    public nint Function(nint module, string name)
    {
        functions[++lastHandle] = name;
        return lastHandle;
    }

    public void AllowDynamicSharedMemory(nint function, int bytes)
    {
    }

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
    }

    private static void Copy(nint destination, nint source, long bytes) => Buffer.MemoryCopy((void*)source, (void*)destination, bytes, bytes);

    private void Later(Action work) => waiting.Enqueue((0, work));

    private void Do((nint Event, Action Work) item)
    {
        item.Work();
        if (item.Event != 0)
            happened.Add(item.Event);
    }
}
