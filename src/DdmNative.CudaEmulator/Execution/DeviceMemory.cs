namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// The memory of a device. Addresses only grow and have gaps between allocations (red zones), so that an access past an allocation hits
/// nothing, and an access to freed memory can be distinguished from one to a later allocation. Freed memory is returned to the host at
/// once, but at least the most recent freed allocations are remembered for reports (quarantine).
/// </summary>
internal sealed unsafe class DeviceMemory(ulong capacity) : IDisposable
{
    private const ulong First = 0x7_0000_0000, RedZone = 1 << 12;
    private const int KeptFreed = 4096;

    private readonly Lock _lock = new();
    private Allocation[] _table = [];
    private ulong _next = First;
    private int _freed;

    public ulong Capacity { get; } = capacity;

    public ulong Used { get; private set; }

    /// <exception cref="EmulatorException">Out of memory, or zero bytes.</exception>
    public Allocation Allocate(ulong bytes, string? name = null, bool isConstant = false)
    {
        if (bytes == 0)
            throw new EmulatorException(CudaError.InvalidValue, "an allocation of 0 bytes, expected at least one");
        lock (_lock)
        {
            if (bytes > Capacity - Used)
                throw new EmulatorException(CudaError.OutOfMemory,
                    $"an allocation of {bytes} bytes, but of the device's {Capacity} bytes only {Capacity - Used} are free");
            Allocation allocation;
            try
            {
                allocation = new Allocation(_next, bytes, name, isConstant);
            }
            catch (OutOfMemoryException)
            {
                throw new EmulatorException(CudaError.OutOfMemory, $"the host cannot allocate {bytes} bytes");
            }

            _next += (bytes + RedZone + 511) / 512 * 512;
            Used += bytes;
            Volatile.Write(ref _table, [.. _table.Length > 2 * KeptFreed && _freed > KeptFreed ? Compacted() : _table, allocation]);
            return allocation;
        }
    }

    /// <exception cref="EmulatorException">The address is not the begin of an allocation, or it was freed already.</exception>
    public void Free(ulong address)
    {
        lock (_lock)
        {
            if (Find(address) is not { } allocation || allocation.Address != address || allocation.IsFreed)
                throw new EmulatorException(
                    CudaError.InvalidValue, $"free of 0x{address:x}: {Describe(address)}, expected the address of an allocation");
            Used -= allocation.Bytes;
            _freed++;
            allocation.Release();
        }
    }

    /// <summary>The allocation that starts at the address or is the last before it, freed or not; null if there is none.</summary>
    public Allocation? Find(ulong address)
    {
        Allocation[] known = Volatile.Read(ref _table);
        int low = 0, high = known.Length;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (known[middle].Address <= address)
                low = middle + 1;
            else
                high = middle;
        }

        return low == 0 ? null : known[low - 1];
    }

    /// <summary>The allocation nearest to an address, for reports.</summary>
    public Allocation? Nearest(ulong address)
    {
        Allocation? before = Find(address);
        Allocation? after = Volatile.Read(ref _table).FirstOrDefault(allocation => allocation.Address > address);
        if (before is null || after is null)
            return before ?? after;
        return address < before.Address + before.Bytes
            || address - (before.Address + before.Bytes) <= after.Address - address ? before : after;
    }

    /// <summary>The host's memory of a range, which must be within one live allocation.</summary>
    public byte* Resolve(ulong address, ulong bytes, out Allocation allocation)
    {
        if (Find(address) is not { } found || !found.Holds(address, bytes))
            throw new EmulatorException(
                CudaError.InvalidValue, $"{bytes} bytes at 0x{address:x}: {Describe(address)}, expected them within one allocation");
        allocation = found;
        return found.Host + (address - found.Address);
    }

    public void Dispose()
    {
        foreach (Allocation allocation in _table.Where(allocation => !allocation.IsFreed))
            allocation.Release();
        _table = [];
    }

    private string Describe(ulong address) => Nearest(address) is { } near ? near.Describe().Relation(address) : "nothing is allocated";

    private Allocation[] Compacted()
    {
        int drop = _freed - KeptFreed / 2;
        _freed -= drop;
        return _table.Where(allocation => !allocation.IsFreed || drop-- <= 0).ToArray();
    }
}
