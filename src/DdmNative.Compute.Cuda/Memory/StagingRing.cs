using DdmNative.Compute.Cuda.Driver;

namespace DdmNative.Compute.Cuda.Memory;

/// <summary>
/// A ring of page-locked memory through which uploads pass: the host fills the next piece and goes on while the stream copies it. The host waits only
/// when the ring is full of pieces that are still to be copied.
/// </summary>
internal sealed unsafe class StagingRing : IDisposable
{
    /// <summary>The largest piece: what is longer is staged in several.</summary>
    public const int PieceBytes = 2 << 20;

    private const int Capacity = 4 * PieceBytes;
    private readonly ICudaDriver driver;
    private readonly nint stream;
    private readonly nint memory;

    /// <summary>Pieces under way, oldest first: where each ends, counted from the beginning of time, and the event that says it was copied.</summary>
    private readonly Queue<(long End, nint Event)> pieces = new();
    private readonly Stack<nint> spareEvents = new();
    private long written;
    private long freed;

    public StagingRing(ICudaDriver driver, nint stream)
    {
        (this.driver, this.stream) = (driver, stream);
        memory = driver.AllocateHost(Capacity);
    }

    /// <summary>Memory for a piece of so many bytes (at most <see cref="PieceBytes"/>), to be filled and then handed to <see cref="Send"/>.</summary>
    public nint Next(int bytes)
    {
        long start = Aligned(written);
        // A piece does not wrap around the end.
        if (start % Capacity + bytes > Capacity)
            start = (start / Capacity + 1) * Capacity;
        while (start + bytes > freed + Capacity)
            FreeOldest();
        written = start;
        return memory + (nint)(start % Capacity);
    }

    /// <summary>Copies the piece that <see cref="Next"/> gave to the device, in stream order.</summary>
    public void Send(ulong destination, int bytes)
    {
        driver.CopyToDevice(destination, memory + (nint)(written % Capacity), bytes, stream);
        written += bytes;
        nint copied = spareEvents.TryPop(out nint spare) ? spare : driver.CreateEvent(timing: false);
        driver.Record(copied, stream);
        pieces.Enqueue((written, copied));
    }

    public void Dispose()
    {
        foreach ((_, nint copied) in pieces)
            driver.DestroyEvent(copied);
        foreach (nint spare in spareEvents)
            driver.DestroyEvent(spare);
        driver.FreeHost(memory);
    }

    private static long Aligned(long position) => (position + 63) / 64 * 64;

    private void FreeOldest()
    {
        if (!pieces.TryDequeue(out (long End, nint Event) oldest))
        {
            freed = written;
            return;
        }
        driver.Wait(oldest.Event);
        spareEvents.Push(oldest.Event);
        freed = oldest.End;
    }
}
