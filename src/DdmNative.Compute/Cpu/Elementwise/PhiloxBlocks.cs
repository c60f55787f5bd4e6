using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Eight blocks of Philox4x32-10 at a time: each 64-bit lane has a word of one block in its lower half, as the wide multiplication reads
/// it. The words are those of <see cref="Contracts.Philox.Block"/>.
/// </summary>
internal static unsafe class PhiloxBlocks
{
    /// <summary>Blocks that are computed together.</summary>
    public const int Count = 8;

    /// <summary>The words of these blocks.</summary>
    public const int Words = 4 * Count;

    private const ulong LowHalf = uint.MaxValue;

    /// <summary>
    /// The block that each lane computes: with this order the words are stored in the order of the blocks without moving any between the
    /// quarters of a vector.
    /// </summary>
    public static Vector512<long> Order => Vector512.Create(0L, 4, 1, 5, 2, 6, 3, 7);

    /// <summary>Writes the 32 words of eight blocks, block by block.</summary>
    /// <param name="seed">The key.</param>
    /// <param name="first">Each block's first counter word, in <see cref="Order"/>; the upper halves are ignored.</param>
    /// <param name="second">The second counter word of all blocks.</param>
    /// <param name="third">The third counter word of all blocks.</param>
    /// <param name="fourth">The fourth counter word of all blocks.</param>
    /// <param name="words">32 words.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Compute(ulong seed, Vector512<ulong> first, uint second, uint third, uint fourth, uint* words)
    {
        Vector512<ulong> a = first, b = Vector512.Create((ulong)second), c = Vector512.Create((ulong)third);
        Vector512<ulong> d = Vector512.Create((ulong)fourth);
        Vector512<ulong> k0 = Vector512.Create(seed), k1 = Vector512.Create(seed >> 32);
        for (int round = 0; round < 10; round++)
        {
            Vector512<ulong> p0 = Multiply(a, 0xD2511F53u), p1 = Multiply(c, 0xCD9E8D57u);
            (a, b, c, d) = ((p1 >> 32) ^ b ^ k0, p1, (p0 >> 32) ^ d ^ k1, p0);
            // Only the lower halves count.
            k0 += Vector512.Create(0x9E3779B9ul);
            k1 += Vector512.Create(0xBB67AE85ul);
        }
        Vector512<ulong> half = Vector512.Create(LowHalf);
        Store((a & half) | (b << 32), (c & half) | (d << 32), words);
    }

    /// <summary>The products of the lanes' lower halves with a number, 64 bits each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Multiply(Vector512<ulong> values, uint factor)
    {
        if (Avx512F.IsSupported)
            return Avx512F.Multiply(values.AsUInt32(), Vector512.Create(factor));
        if (Avx2.IsSupported)
            return Vector512.Create(
                Avx2.Multiply(values.GetLower().AsUInt32(), Vector256.Create(factor)),
                Avx2.Multiply(values.GetUpper().AsUInt32(), Vector256.Create(factor)));
        return (values & Vector512.Create(LowHalf)) * factor;
    }

    /// <summary>Interleaves the blocks' first two words with their last two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<ulong> firstTwo, Vector512<ulong> lastTwo, uint* words)
    {
        if (Avx512F.IsSupported)
        {
            Avx512F.UnpackLow(firstTwo, lastTwo).AsUInt32().Store(words);
            Avx512F.UnpackHigh(firstTwo, lastTwo).AsUInt32().Store(words + Words / 2);
            return;
        }
        if (Avx2.IsSupported)
        {
            (Vector256<ulong> a, Vector256<ulong> b) = (firstTwo.GetLower(), firstTwo.GetUpper());
            (Vector256<ulong> c, Vector256<ulong> d) = (lastTwo.GetLower(), lastTwo.GetUpper());
            Avx2.UnpackLow(a, c).AsUInt32().Store(words);
            Avx2.UnpackLow(b, d).AsUInt32().Store(words + Words / 4);
            Avx2.UnpackHigh(a, c).AsUInt32().Store(words + Words / 2);
            Avx2.UnpackHigh(b, d).AsUInt32().Store(words + 3 * Words / 4);
            return;
        }
        for (int lane = 0; lane < Count; lane++)
        {
            ulong* block = (ulong*)words + 2 * Order[lane];
            (block[0], block[1]) = (firstTwo[lane], lastTwo[lane]);
        }
    }
}
