using System.Diagnostics;
using DdmNative.Compute;

namespace DdmNative.SideBySide;

/// <summary>Times asynchronous work on a device: the clock is read when the device has finished all its work.</summary>
internal sealed class DeviceClock(Device device) : IDisposable
{
    /// <summary>A download waits for the device: it comes after everything else in the stream.</summary>
    private readonly Tensor _probe = device.Allocate(TensorShape.Vector(1, 1));
    private readonly float[] _value = new float[1];

    /// <summary>Seconds per run, for a number of successive runs with one wait at the end.</summary>
    public double SecondsOf(Action work, int runs = 1)
    {
        Wait();
        long start = Stopwatch.GetTimestamp();
        for (int run = 0; run < runs; run++)
            work();
        Wait();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / runs;
    }

    public void Dispose() => _probe.Dispose();

    private void Wait() => _probe.Download(_value);
}
