using System.Numerics;
using DdmNative.CudaEmulator.Ptx;
using static DdmNative.CudaEmulator.Ptx.PtxType;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>
/// What a tensor core makes of one sum, by whole numbers of any length: finite addends are aligned to the largest exponent and truncated
/// there,
/// added exactly, and the sum is truncated to float32 or rounded to the nearest half.
/// </summary>
/// <param name="FractionBits">Binary places below the largest exponent.</param>
/// <param name="StepDepth">Products that are added at once.</param>
/// <param name="ResultBits">Binary places of a float32 result.</param>
internal sealed record TensorCoreReference(int FractionBits, int StepDepth, int ResultBits = 23)
{
    /// <summary>c + Σ aₖbₖ as bits of the result's type.</summary>
    public uint Sum(uint c, PtxType typeC, uint[] a, PtxType typeA, uint[] b, PtxType typeB, PtxType typeD)
    {
        uint sum = c;
        for (int first = 0; first < a.Length; first += StepDepth)
        {
            List<(BigInteger Significand, int Exponent, int Unit)> addends = [Parts(sum, first == 0 ? typeC : typeD)];
            for (int k = first; k < first + StepDepth; k++)
            {
                (BigInteger left, int leftExponent, int leftUnit) = Parts(a[k], typeA);
                (BigInteger right, int rightExponent, int rightUnit) = Parts(b[k], typeB);
                addends.Add((left * right, leftExponent + rightExponent, leftUnit + rightUnit));
            }

            addends.RemoveAll(addend => addend.Significand.IsZero);
            if (addends.Count == 0)
            {
                sum = 0;
                continue;
            }

            int place = addends.Max(addend => addend.Exponent) - FractionBits;
            BigInteger exact = 0;
            foreach ((BigInteger significand, _, int unit) in addends)
                exact += Truncated(significand, unit - place);
            sum = typeD == F16 ? ToHalf(exact, place) : ToSingle(exact, place);
            // What has become infinite stays so: all other addends are finite.
            if (typeD == F16 ? (sum & 0x7fff) == 0x7c00 : (sum & 0x7fffffff) == 0x7f800000)
                return sum;
        }

        return sum;
    }

    /// <summary>Significand · 2^unit with its exponent; subnormal numbers have that of the smallest normal one.</summary>
    private static (BigInteger Significand, int Exponent, int Unit) Parts(uint bits, PtxType type)
    {
        (int exponentBits, int mantissaBits) = type switch { F16 => (5, 10), BF16 => (8, 7), E4M3 => (4, 3), E5M2 => (5, 2), _ => (8, 23) };
        int bias = (1 << (exponentBits - 1)) - 1, field = (int)(bits >> mantissaBits) & ((1 << exponentBits) - 1);
        BigInteger mantissa = bits & ((1u << mantissaBits) - 1);
        if (type == TF32)
            mantissa = mantissa >> 13 << 13;
        if (field > 0)
            mantissa += 1u << mantissaBits;
        int exponent = Math.Max(field, 1) - bias;
        return ((bits >> (exponentBits + mantissaBits) & 1) != 0 ? -mantissa : mantissa, exponent, exponent - mantissaBits);
    }

    /// <summary>value · 2^shift without its fraction.</summary>
    private static BigInteger Truncated(BigInteger value, int shift)
        => shift >= 0 ? value << shift : BigInteger.Divide(value, BigInteger.One << -shift);

    private uint ToSingle(BigInteger value, int place)
    {
        BigInteger magnitude = BigInteger.Abs(value);
        if (magnitude.IsZero)
            return 0;
        uint sign = value.Sign < 0 ? 1u << 31 : 0;
        int exponent = Math.Max(place + (int)magnitude.GetBitLength() - 1, -126);
        if (exponent > 127)
            return sign | 0x7f800000;
        BigInteger significand = Truncated(magnitude, place - (exponent - ResultBits)) << (23 - ResultBits);
        // A significand without its leading one is that of a subnormal number, whose exponent field is 0 instead of 1.
        return significand.IsZero ? 0 : sign | (((uint)(exponent + 126) << 23) + (uint)significand);
    }

    private static uint ToHalf(BigInteger value, int place)
    {
        BigInteger magnitude = BigInteger.Abs(value);
        if (magnitude.IsZero)
            return 0;
        uint sign = value.Sign < 0 ? 1u << 15 : 0;
        int exponent = Math.Max(place + (int)magnitude.GetBitLength() - 1, -14), shift = exponent - 10 - place;
        BigInteger significand = Truncated(magnitude, -shift), rest = shift > 0 ? magnitude - (significand << shift) : 0;
        BigInteger half = shift > 0 ? BigInteger.One << (shift - 1) : 1;
        if (rest > half || (rest == half && !significand.IsEven))
            significand++;
        uint bits = ((uint)(exponent + 14) << 10) + (uint)significand;
        return sign | Math.Min(bits, 0x7c00);
    }
}
