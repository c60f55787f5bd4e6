using DdmNative.Compute.Cuda.Driver;
using DdmNative.Compute.Cuda.Memory;

namespace DdmNative.Compute.Cuda.Plans;

/// <summary>Recorded launches as one CUDA graph: a run is one launch by the host, which does not wait.</summary>
internal sealed class CudaPlan : IPlan
{
    private readonly CudaDevice _device;
    private readonly IReadOnlyList<RecordedLaunch> _launches;
    private readonly List<DeviceBlock> _memory = [];
    private readonly nint _executable;
    private bool _disposed;

    /// <exception cref="OutOfDeviceMemoryException">The device is out of memory for the plan's intermediates.</exception>
    public CudaPlan(CudaDevice device, Recording recording)
    {
        (_device, Name, _launches) = (device, recording.Name, recording.Launches);
        try
        {
            recording.Resolve(Reserve(recording.Uses()));
            _executable = CapturedGraph.Capture(device, _launches);
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
        ObjectDisposedException.ThrowIf(_disposed, this);
        _device.MakeCurrent();
        if (_device.LaunchObserver is ILaunchObserver observer)
        {
            observer.OnRunStarted(this);
            foreach (RecordedLaunch launch in _launches)
                _device.LaunchNow(launch);
            observer.OnRunEnded(this);
            return;
        }
        _device.Driver.LaunchGraph(_executable, _device.Stream);
        _device.ReplayTimer?.OnRun(this, _launches, _executable);
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (_device.IsDisposed)
            return;
        Teardown.Attempt(_device.MakeCurrent);
        Teardown.Attempt(() => _device.Driver.DestroyExecutable(_executable));
        FreeMemory();
    }

    /// <summary>One arena for all intermediates, or an allocation for each, so that a memory checker sees where each ends.</summary>
    private ulong[] Reserve(IReadOnlyList<IntermediateUse> uses)
    {
        if (!_device.Caching)
            return [.. uses.Select(use => use.Last < 0 ? 0 : Allocate(use.Bytes))];
        (long[] offsets, long arenaBytes) = IntermediatePlacement.Place(uses);
        ulong arena = arenaBytes == 0 ? 0 : Allocate(arenaBytes);
        return [.. offsets.Select(offset => arena + (ulong)offset)];
    }

    private ulong Allocate(long bytes)
    {
        DeviceBlock block = _device.Memory.Allocate(bytes);
        _memory.Add(block);
        return block.Address;
    }

    private void FreeMemory()
    {
        foreach (DeviceBlock block in _memory)
            _device.Memory.Free(block);
        _memory.Clear();
    }
}
