namespace DdmNative.CudaEmulator.Driver;

/// <summary>
/// A pool for stream-ordered allocations. Work is done when it is enqueued, so no memory has to be kept: each block is returned to the
/// device as soon as it is freed.
/// </summary>
internal sealed class DriverMemoryPool
{
    /// <summary>
    /// CUmemPool_attribute: reuse switches 1 to 3, release threshold 4, and bytes reserved and used with their high-water marks, 5 to 8.
    /// </summary>
    public const int ReleaseThreshold = 4, Used = 7, UsedHigh = 8, Reserved = 5, ReservedHigh = 6;

    private readonly Dictionary<int, ulong> _attributes = new() { [1] = 1, [2] = 1, [3] = 1, [ReleaseThreshold] = 0, [Reserved] = 0,
        [ReservedHigh] = 0, [Used] = 0, [UsedHigh] = 0 };
    private readonly Dictionary<ulong, ulong> _blocks = [];

    public DriverMemoryPool(int device)
    {
        Device = device;
        Handle = HandleTable.Add(this);
    }

    public nint Handle { get; }

    public int Device { get; }

    public ulong? this[int attribute] => _attributes.TryGetValue(attribute, out ulong value) ? value : null;

    public void Set(int attribute, ulong value) => _attributes[attribute] = value;

    public void RecordAllocation(ulong address, ulong bytes)
    {
        _blocks[address] = bytes;
        _attributes[Reserved] = _attributes[Used] += bytes;
        _attributes[ReservedHigh] = _attributes[UsedHigh] = Math.Max(_attributes[UsedHigh], _attributes[Used]);
    }

    public void RecordFree(ulong address)
    {
        if (_blocks.Remove(address, out ulong bytes))
            _attributes[Reserved] = _attributes[Used] -= bytes;
    }
}
