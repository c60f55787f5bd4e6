using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>Source values to test: the limits and special values of each type, and random ones.</summary>
internal static class OpcodeValues
{
    private static readonly ulong[] WholeEdges =
        [0, 1, 2, 3, 7, 15, 16, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
        0xFFFFFFFE, 0x5555555555555555, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, ulong.MaxValue];

    public static ulong[] Edges(PtxType type)
    {
        if (type == PtxType.Pred)
            return [0, 1];
        if (type is PtxType.F16x2 or PtxType.BF16x2)
        {
            ulong[] halves = Edges(type == PtxType.F16x2 ? PtxType.F16 : PtxType.BF16);
            return [.. halves.Select((low, i) => low | (halves[(i * 7 + 3) % halves.Length] << 16))];
        }

        if (!type.IsFloat())
            return [.. WholeEdges.Select(bits => IntegerForms.Low(bits, type)).Distinct()];
        FloatFormat f = FloatFormat.ForType(type);
        ulong[] positive =
        [
            0, 1, 2, f.SmallestNormal - 1, f.SmallestNormal, f.SmallestNormal + 1, f.One, f.One + 1, f.One - 1,
            f.One + f.SmallestNormal / 2, f.One + f.SmallestNormal, f.One - f.SmallestNormal,
            f.One + f.SmallestNormal * 3 / 2, f.One - f.SmallestNormal * 2 + f.SmallestNormal / 3,
            f.One + f.SmallestNormal * (ulong)f.MantissaBits + 1, f.Infinity - 1, f.Infinity, f.NaN,
        ];
        return [.. positive, .. positive.Select(bits => bits | f.Sign)];
    }

    public static ulong Random(PtxType type, Random random)
    {
        ulong bits = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
        if (type == PtxType.Pred)
            return bits & 1;
        if (type.IsFloat() && type is not (PtxType.F16x2 or PtxType.BF16x2) && random.Next(3) > 0)
        {
            // Near one, where sums and products neither vanish nor overflow.
            FloatFormat f = FloatFormat.ForType(type);
            ulong exponent = (ulong)(f.Bias + random.Next(-6, 7)) << f.MantissaBits;
            return exponent | (bits & (f.SmallestNormal - 1)) | (bits >> 63 != 0 ? f.Sign : 0);
        }

        bits >>= random.Next(3) == 0 ? random.Next(64) : 0;
        return IntegerForms.Low(bits, type);
    }

    /// <summary>
    /// For each case, a value for each source: first all pairs of special values, as far as there is room, then special and random values
    /// mixed.
    /// </summary>
    public static ulong[][] Cases(PtxType[] types, int count, Random random)
    {
        ulong[][] edges = [.. types.Select(Edges)];
        ulong[][] cases = new ulong[count][];
        for (int i = 0; i < count; i++)
        {
            int rest = i;
            cases[i] = new ulong[types.Length];
            bool pairs = types.Length <= 2 && i < edges.Aggregate(1, (product, some) => product * some.Length);
            for (int k = 0; k < types.Length; k++)
            {
                cases[i][k] = pairs ? edges[k][rest % edges[k].Length] : random.Next(2) == 0
                    ? edges[k][random.Next(edges[k].Length)] : Random(types[k], random);
                rest /= edges[k].Length;
            }
        }

        return cases;
    }
}
