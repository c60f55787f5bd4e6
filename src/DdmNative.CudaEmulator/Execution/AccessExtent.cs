using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>How the addresses of a warp's lanes are arranged.</summary>
internal enum AccessLayout : byte
{
    Scattered,

    /// <summary>All 32 lanes take part, and each lane's bytes follow those of the previous lane.</summary>
    Row,

    /// <summary>All lanes that take part have the same address.</summary>
    Uniform,
}

/// <summary>
/// The properties of a warp's addresses, determined for all lanes at once, so that an access within one allocation is checked as a whole.
/// Lanes that the mask leaves out are assumed to have the address of the first lane that takes part.
/// </summary>
/// <param name="Lowest">The lowest address.</param>
/// <param name="Highest">The highest address.</param>
/// <param name="AnyBits">Bits that are set in any address.</param>
/// <param name="Layout">How they are arranged; rows are recognised by the bytes of each lane.</param>
internal readonly record struct AccessExtent(ulong Lowest, ulong Highest, ulong AnyBits, AccessLayout Layout)
{
    /// <summary>
    /// Whether the addresses are below 2^63, as all valid ones are: only then do the lowest and the highest address bound them.
    /// </summary>
    public bool IsBounded => (long)AnyBits >= 0;

    /// <param name="addresses">The addresses of 32 lanes.</param>
    /// <param name="mask">Lanes that take part, at least one.</param>
    /// <param name="bytes">Bytes that each lane accesses.</param>
    public static unsafe AccessExtent Compute(ulong* addresses, uint mask, int bytes)
    {
        ulong first = addresses[BitOperations.TrailingZeroCount(mask)];
        Vector256<ulong> origin = Vector256.Create(first), any = origin, differ = default;
        Vector256<long> least = origin.AsInt64(), most = least;
        if (mask == uint.MaxValue)
        {
            Vector256<ulong> expected = origin + Vector256.Create(0ul, (ulong)bytes, 2 * (ulong)bytes, 3 * (ulong)bytes),
                step = Vector256.Create(4 * (ulong)bytes), apart = default;
            for (int lane = 0; lane < 32; lane += 4, expected += step)
            {
                Vector256<ulong> here = Vector256.Load(addresses + lane);
                any |= here;
                differ |= here ^ origin;
                apart |= here ^ expected;
                least = Vector256.Min(least, here.AsInt64());
                most = Vector256.Max(most, here.AsInt64());
            }

            if (apart == default && bytes != 0)
                return new(first, first + 31 * (ulong)bytes, OrLanes(any), AccessLayout.Row);
        }
        else
        {
            for (int lane = 0; lane < 32; lane += 4)
            {
                Vector256<ulong> here = Vector256.ConditionalSelect(Lanes(mask >> lane), Vector256.Load(addresses + lane), origin);
                any |= here;
                differ |= here ^ origin;
                least = Vector256.Min(least, here.AsInt64());
                most = Vector256.Max(most, here.AsInt64());
            }
        }

        if (differ == default)
            return new(first, first, first, AccessLayout.Uniform);
        Vector128<long> low = Vector128.Min(least.GetLower(), least.GetUpper()), high = Vector128.Max(most.GetLower(), most.GetUpper());
        return new((ulong)Math.Min(low[0], low[1]), (ulong)Math.Max(high[0], high[1]), OrLanes(any), AccessLayout.Scattered);
    }

    /// <summary>All ones in those of four lanes whose bits are set, starting with the lowest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Lanes(uint bits)
    {
        Vector256<ulong> each = Vector256.Create(1ul, 2, 4, 8);
        return Vector256.Equals(Vector256.Create((ulong)bits) & each, each);
    }

    private static ulong OrLanes(Vector256<ulong> bits)
    {
        Vector128<ulong> half = bits.GetLower() | bits.GetUpper();
        return half[0] | half[1];
    }
}
