using System.Collections.Concurrent;
using DdmNative.Compute.Cuda.Driver;

namespace DdmNative.Compute.Cuda.Memory;

/// <summary>A block of device memory, of at least the requested bytes.</summary>
internal readonly record struct DeviceBlock(ulong Address, long Bytes);

/// <summary>
/// A caching allocator: freed blocks stay here, by size class, for the next request of that class, because the driver's own calls are slow
/// and wait for the device. Everything runs on one stream, so freed memory can be reused at once: the work of its next user runs after that
/// of its last.
/// </summary>
/// <remarks>
/// Classes: multiples of 512 bytes up to 1 MiB, above it eight to each power of two (at most an eighth is wasted). If the driver is out of
/// memory, the cache is returned to it and the request repeated once. With <c>DDM_CUDA_NO_CACHING=1</c> every block is an allocation of
/// exactly its size, so that a memory checker (compute-sanitizer, the emulator) sees where each tensor ends.
/// </remarks>
internal sealed class DeviceMemory(ICudaDriver driver, string device, bool caching) : IDisposable
{
    private readonly Dictionary<long, Stack<ulong>> _cache = [];
    private readonly ConcurrentQueue<DeviceBlock> _abandoned = new();
    private long _cachedBytes;
    private bool _disposed;

    /// <summary>Bytes in use now.</summary>
    public long UsedBytes { get; private set; }

    /// <summary>The most bytes that were in use at any time.</summary>
    public long HighWaterBytes { get; private set; }

    /// <exception cref="OutOfDeviceMemoryException">The device is out of memory, even after the cache was returned.</exception>
    public DeviceBlock Allocate(long bytes)
    {
        while (_abandoned.TryDequeue(out DeviceBlock lost))
            Free(lost);
        long size = caching ? SizeClass(bytes) : bytes;
        ulong address = _cache.TryGetValue(size, out Stack<ulong>? free) && free.Count > 0 ? FromCache(free, size) : FromDriver(size);
        UsedBytes += size;
        HighWaterBytes = Math.Max(HighWaterBytes, UsedBytes);
        return new DeviceBlock(address, size);
    }

    public void Free(DeviceBlock block)
    {
        if (_disposed)
            return;
        UsedBytes -= block.Bytes;
        if (!caching)
        {
            Teardown.Attempt(() => driver.Free(block.Address));
            return;
        }
        if (!_cache.TryGetValue(block.Bytes, out Stack<ulong>? free))
            _cache[block.Bytes] = free = new Stack<ulong>();
        free.Push(block.Address);
        _cachedBytes += block.Bytes;
    }

    /// <summary>Frees a block whose owner was not disposed, from the finalizer thread: the next allocation makes it available.</summary>
    public void Abandon(DeviceBlock block) => _abandoned.Enqueue(block);

    /// <summary>Returns the cache to the driver and ignores failures. Destroying the context frees the blocks in use.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (ulong address in _cache.Values.SelectMany(free => free))
            Teardown.Attempt(() => driver.Free(address));
        _cache.Clear();
    }

    private static long SizeClass(long bytes)
    {
        const long Fine = 512, LastFine = 1 << 20;
        long step = bytes <= LastFine ? Fine : (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)bytes) / 16;
        return (bytes + step - 1) / step * step;
    }

    private ulong FromCache(Stack<ulong> free, long size)
    {
        _cachedBytes -= size;
        return free.Pop();
    }

    private ulong FromDriver(long size)
    {
        try
        {
            return driver.Allocate(size);
        }
        catch (CudaException e) when (e.Result == CudaResult.OutOfMemory && _cachedBytes > 0)
        {
            ReturnCache();
        }
        catch (CudaException e) when (e.Result == CudaResult.OutOfMemory)
        {
            throw OutOfMemory(size, e);
        }

        try
        {
            return driver.Allocate(size);
        }
        catch (CudaException e) when (e.Result == CudaResult.OutOfMemory)
        {
            throw OutOfMemory(size, e);
        }
    }

    private OutOfDeviceMemoryException OutOfMemory(long size, CudaException cause)
    {
        (long free, long total) = driver.MemoryInfo();
        return new OutOfDeviceMemoryException(device, size, new DeviceMemoryUse(UsedBytes, free, total), cause);
    }

    private void ReturnCache()
    {
        foreach (Stack<ulong> free in _cache.Values)
            while (free.TryPop(out ulong address))
                driver.Free(address);
        _cachedBytes = 0;
    }
}
