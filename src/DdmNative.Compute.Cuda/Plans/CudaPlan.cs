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
            executable = Capture();
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
    }

    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        if (device.IsDisposed)
            return;
        device.MakeCurrent();
        try
        {
            device.Driver.DestroyExecutable(executable);
        }
        catch (CudaException)
        {
            // After a fault on the device; a plan that is given up on the way out must not take the place of the exception that tells it.
        }
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

    private nint Capture()
    {
        device.Driver.BeginCapture(device.Stream);
        try
        {
            foreach (RecordedLaunch launch in launches)
                device.Driver.Launch(launch.Function, launch.Launch, device.Stream, launch.Arguments);
        }
        catch
        {
            AbandonCapture();
            throw;
        }
        nint graph = device.Driver.EndCapture(device.Stream);
        try
        {
            return device.Driver.Instantiate(graph);
        }
        finally
        {
            device.Driver.DestroyGraph(graph);
        }
    }

    /// <summary>After a failed launch the stream must leave capture mode; that the capture is invalid then is no news.</summary>
    private void AbandonCapture()
    {
        try
        {
            if (device.Driver.EndCapture(device.Stream) is nint graph and not 0)
                device.Driver.DestroyGraph(graph);
        }
        catch (CudaException)
        {
            // The launch's own exception tells what went wrong.
        }
    }

    private void FreeMemory()
    {
        foreach (DeviceBlock block in memory)
            device.Memory.Free(block);
        memory.Clear();
    }
}
