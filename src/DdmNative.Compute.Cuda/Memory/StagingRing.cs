using DdmNative.Compute.Cuda.Driver;

namespace DdmNative.Compute.Cuda.Memory;

/// <summary>A piece copied from the device: its host address, valid after its event has completed.</summary>
internal readonly record struct StagedPiece(nint Memory, nint Copied);

/// <summary>
/// A ring of page-locked memory through which copies pass. Upload: the host fills the next piece and continues while the stream copies it.
/// Download: the host requests a piece and the next one before it reads the first. The host waits here only when the ring is full of pieces
/// that have not been copied yet.
/// </summary>
internal sealed unsafe class StagingRing : IDisposable
{
    /// <summary>The largest piece; longer copies are staged in several.</summary>
    public const int PieceBytes = 2 << 20;

    /// <summary>
    /// Four pieces. Two downloaded pieces may be unread at a time; with the gap left when a piece does not fit before the ring's end they
    /// take up to three, so that the memory of an unread piece is never reused.
    /// </summary>
    private const int Capacity = 4 * PieceBytes;
    private readonly ICudaDriver _driver;
    private readonly nint _stream;
    private readonly nint _memory;

    /// <summary>
    /// Pieces being copied, oldest first: the position where each ends, counted from the first byte ever staged, and the event after its
    /// copy.
    /// </summary>
    private readonly Queue<(long End, nint Event)> _pieces = new();
    private readonly Stack<nint> _spareEvents = new();
    private long _written;
    private long _freed;

    public StagingRing(ICudaDriver driver, nint stream)
    {
        (_driver, _stream) = (driver, stream);
        _memory = driver.AllocateHost(Capacity);
    }

    /// <summary>
    /// Memory for a piece of at most <see cref="PieceBytes"/> bytes, which the caller fills and passes to <see cref="Send"/>.
    /// </summary>
    public nint Next(long bytes)
    {
        long start = Aligned(_written);
        // A piece does not wrap around the end.
        if (start % Capacity + bytes > Capacity)
            start = (start / Capacity + 1) * Capacity;
        while (start + bytes > _freed + Capacity)
            FreeOldest();
        _written = start;
        return _memory + (nint)(start % Capacity);
    }

    /// <summary>Copies the piece that <see cref="Next"/> gave to the device, in stream order.</summary>
    public void Send(ulong destination, long bytes)
    {
        _driver.CopyToDevice(destination, _memory + (nint)(_written % Capacity), bytes, _stream);
        Enqueue(bytes);
    }

    /// <summary>
    /// Copies at most <see cref="PieceBytes"/> bytes from the device, in stream order. The caller must read them before it requests the
    /// piece after the next.
    /// </summary>
    public StagedPiece Receive(ulong source, long bytes)
    {
        nint piece = Next(bytes);
        _driver.CopyToHost(piece, source, bytes, _stream);
        return new StagedPiece(piece, Enqueue(bytes));
    }

    /// <summary>Frees the whole ring, after the stream is empty and every piece has been read.</summary>
    public void FreeAll()
    {
        while (_pieces.TryDequeue(out (long End, nint Event) piece))
            _spareEvents.Push(piece.Event);
        _freed = _written;
    }

    /// <summary>Releases the driver's resources; ignores failures.</summary>
    public void Dispose()
    {
        foreach (nint copied in _pieces.Select(piece => piece.Event).Concat(_spareEvents))
            Teardown.Attempt(() => _driver.DestroyEvent(copied));
        Teardown.Attempt(() => _driver.FreeHost(_memory));
    }

    private static long Aligned(long position) => (position + 63) / 64 * 64;

    private nint Enqueue(long bytes)
    {
        _written += bytes;
        nint copied = _spareEvents.TryPop(out nint spare) ? spare : _driver.CreateEvent(timing: false);
        _driver.Record(copied, _stream);
        _pieces.Enqueue((_written, copied));
        return copied;
    }

    private void FreeOldest()
    {
        if (!_pieces.TryDequeue(out (long End, nint Event) oldest))
        {
            _freed = _written;
            return;
        }
        _driver.Wait(oldest.Event);
        _spareEvents.Push(oldest.Event);
        _freed = oldest.End;
    }
}
