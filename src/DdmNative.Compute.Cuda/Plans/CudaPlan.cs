using DdmNative.Compute.Cuda.Driver;
using DdmNative.Compute.Cuda.Memory;

namespace DdmNative.Compute.Cuda.Plans;

/// <summary>Recorded launches as one CUDA graph: a run is one launch by the host, and waits for nothing.</summary>
internal sealed class CudaPlan : IPlan
{
    private readonly CudaDevice device;
    private readonly IReadOnlyList<RecordedLaunch> launches;
    private readonly List<DeviceBlock> memory = [];
    private readonly nint executable;
    private bool disposed;

    /// <exception cref="OutOfDeviceMemoryException">The device has no room for the plan's intermediates.</exception>
    public CudaPlan(CudaDevice device, Recording recording)
    {
        (this.device, Name, launches) = (device, recording.Name, recording.Launches);
        try
        {
            recording.Resolve(Reserve(recording.Uses()));
            executable = CapturedGraph.Make(device, launches);
        }
        catch
        {
            FreeMemory();
            throw;
        }
    }

    public string Name { get; }

    public void Run()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        device.MakeCurrent();
        if (device.LaunchObserver is ILaunchObserver observer)
        {
            observer.OnRunStarted(this);
            foreach (RecordedLaunch launch in launches)
                device.LaunchNow(launch);
            observer.OnRunEnded(this);
            return;
        }
        device.Driver.LaunchGraph(executable, device.Stream);
        device.ReplayTimer?.OnRun(this, launches, executable);
    }

    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        if (device.IsDisposed)
            return;
        Teardown.Attempt(device.MakeCurrent);
        Teardown.Attempt(() => device.Driver.DestroyExecutable(executable));
        FreeMemory();
    }

    /// <summary>One arena for all intermediates, or, where a memory checker is to see their ends, memory of its own for each.</summary>
    private ulong[] Reserve(IReadOnlyList<IntermediateUse> uses)
    {
        if (!device.Caching)
            return [.. uses.Select(use => use.Last < 0 ? 0 : Take(use.Bytes))];
        (long[] offsets, long arenaBytes) = IntermediatePlacement.Place(uses);
        ulong arena = arenaBytes == 0 ? 0 : Take(arenaBytes);
        return [.. offsets.Select(offset => arena + (ulong)offset)];
    }

    private ulong Take(long bytes)
    {
        DeviceBlock block = device.Memory.Allocate(bytes);
        memory.Add(block);
        return block.Address;
    }

    private void FreeMemory()
    {
        foreach (DeviceBlock block in memory)
            device.Memory.Free(block);
        memory.Clear();
    }
}
