using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Counters;

/// <summary>
/// Remembers the last pattern of addresses of one instruction with its cost. In a loop a warp's pattern moves as a whole, and neither
/// conflicts nor sectors change when all addresses move by a multiple of the period (4 bytes for banks, 32 bytes for sectors); comparing
/// takes a few nanoseconds, counting a hundred.
/// </summary>
public sealed class AccessPatternMemo
{
    private readonly ulong[] _offsets = new ulong[32];
    private ulong _phase;
    private uint _mask;
    private int _width;
    private AccessCost _cost;

    /// <summary>Sectors of a request to global memory; see <see cref="SectorCounter.Count"/>.</summary>
    public AccessCost Sectors(ReadOnlySpan<ulong> addresses, uint active, int bytes)
        => Count(addresses, active, bytes, SectorCounter.SectorBytes);

    /// <summary>Wavefronts of a request to shared memory; see <see cref="BankConflictCounter.Count"/>.</summary>
    public AccessCost Wavefronts(ReadOnlySpan<ulong> addresses, uint active, int bytes) => Count(addresses, active, bytes, 4);

    private AccessCost Count(ReadOnlySpan<ulong> addresses, uint active, int bytes, uint period)
    {
        if (active == 0 || addresses.Length < 32)
            return CountUncached(addresses, active, bytes, period);
        ulong origin = addresses[BitOperations.TrailingZeroCount(active)];
        if (_mask == active && _width == bytes && origin % period == _phase && SameOffsets(addresses, origin))
            return _cost;
        _cost = CountUncached(addresses, active, bytes, period);
        (_mask, _width) = (active, bytes);
        _phase = origin % period;
        for (int lane = 0; lane < 32; lane++)
            _offsets[lane] = addresses[lane] - origin;
        return _cost;
    }

    private static AccessCost CountUncached(ReadOnlySpan<ulong> addresses, uint active, int bytes, uint period) =>
        period == 4 ? BankConflictCounter.Count(addresses, active, bytes) : SectorCounter.Count(addresses, active, bytes);

    /// <summary>Whether the lanes of the mask have the offsets of the remembered pattern.</summary>
    private bool SameOffsets(ReadOnlySpan<ulong> addresses, ulong origin)
    {
        ref ulong now = ref MemoryMarshal.GetReference(addresses), known = ref MemoryMarshal.GetArrayDataReference(_offsets);
        Vector256<ulong> start = Vector256.Create(origin), differ = default;
        for (int lane = 0; lane < 32; lane += 4)
            differ |= ((Vector256.LoadUnsafe(ref now, (nuint)lane) - start)
                ^ Vector256.LoadUnsafe(ref known, (nuint)lane)) & AccessExtent.Lanes(_mask >> lane);
        return differ == default;
    }
}
