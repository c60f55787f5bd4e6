using System.Collections.Concurrent;
using ILGPU;
using ILGPU.Runtime;

namespace DdmNative.Compute.Ilgpu;

/// <summary>A block of an accelerator's memory, of at least the requested floats.</summary>
internal sealed class DeviceBlock(MemoryBuffer1D<float, Stride1D.Dense> buffer)
{
    public MemoryBuffer1D<float, Stride1D.Dense> Buffer => buffer;

    /// <summary>Its first floats.</summary>
    public ArrayView<float> View(long length) => buffer.View.BaseView.SubView(0, length);
}

/// <summary>
/// A caching allocator: freed blocks stay here, by size class, for the next request of that class. Everything runs on one stream, so freed
/// memory can be reused at once: the work of its next user runs after that of its last. If the accelerator is out of memory, the cache is
/// returned to it and the request repeated once.
/// </summary>
internal sealed class DeviceMemory(Accelerator accelerator, string device) : IDisposable
{
    private readonly Dictionary<long, Stack<DeviceBlock>> _cache = [];
    private readonly ConcurrentQueue<DeviceBlock> _abandoned = new();

    /// <summary>
    /// Every block of the accelerator: without a reference, ILGPU would free the buffer of an undisposed tensor itself, before the block
    /// returns here.
    /// </summary>
    private readonly HashSet<DeviceBlock> _blocks = [];
    private bool _disposed;

    /// <summary>Floats in use now.</summary>
    public long UsedFloats { get; private set; }

    /// <exception cref="OutOfDeviceMemoryException">The accelerator is out of memory, even after the cache was returned.</exception>
    public DeviceBlock Allocate(long floats)
    {
        while (_abandoned.TryDequeue(out DeviceBlock? lost))
            Free(lost);
        long size = SizeClass(floats);
        DeviceBlock block = _cache.TryGetValue(size, out Stack<DeviceBlock>? free) && free.Count > 0 ? free.Pop() : FromAccelerator(size);
        UsedFloats += size;
        return block;
    }

    public void Free(DeviceBlock block)
    {
        if (_disposed)
            return;
        long size = block.Buffer.Length;
        UsedFloats -= size;
        if (!_cache.TryGetValue(size, out Stack<DeviceBlock>? free))
            _cache[size] = free = new Stack<DeviceBlock>();
        free.Push(block);
    }

    /// <summary>Frees a block whose owner was not disposed, from the finalizer thread: the next allocation makes it available.</summary>
    public void Abandon(DeviceBlock block) => _abandoned.Enqueue(block);

    /// <summary>Returns the cache to the accelerator. Disposing the accelerator frees the blocks in use.</summary>
    public void Dispose()
    {
        ReturnCache();
        _disposed = true;
    }

    /// <summary>Multiples of 128 floats up to 2¹⁸, above it eight classes to each power of two.</summary>
    private static long SizeClass(long floats)
    {
        const long Fine = 128, LastFine = 1 << 18;
        long step = floats <= LastFine ? Fine : (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)floats) / 16;
        return (floats + step - 1) / step * step;
    }

    private DeviceBlock FromAccelerator(long size)
    {
        try
        {
            return NewBlock(size);
        }
        catch (Exception e) when (IsShortage(e) && _cache.Values.Any(free => free.Count > 0))
        {
            accelerator.Synchronize();
            ReturnCache();
        }
        catch (Exception e) when (IsShortage(e))
        {
            throw OutOfMemory(size, e);
        }

        try
        {
            return NewBlock(size);
        }
        catch (Exception e) when (IsShortage(e))
        {
            throw OutOfMemory(size, e);
        }
    }

    private DeviceBlock NewBlock(long size)
    {
        var block = new DeviceBlock(accelerator.Allocate1D<float>(size));
        _blocks.Add(block);
        return block;
    }

    private static bool IsShortage(Exception e) => e is AcceleratorException or OutOfMemoryException;

    /// <summary>ILGPU does not say how much is free.</summary>
    private OutOfDeviceMemoryException OutOfMemory(long size, Exception cause) => new(device, sizeof(float) * size, cause);

    private void ReturnCache()
    {
        foreach (Stack<DeviceBlock> free in _cache.Values)
            while (free.TryPop(out DeviceBlock? block))
            {
                _blocks.Remove(block);
                block.Buffer.Dispose();
            }
    }
}
