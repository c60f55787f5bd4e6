using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>A floating-point format narrower than single precision, to which doubles are rounded in every direction.</summary>
/// <param name="ExponentBits">Bits of the exponent.</param>
/// <param name="MantissaBits">Bits of the mantissa, without the hidden one.</param>
/// <param name="Largest">The bits of the largest finite value.</param>
/// <param name="Infinity">The bits of values beyond it; for e4m3, which has no infinity, NaN.</param>
/// <param name="NaN">The bits of the NaN that instructions produce.</param>
internal sealed record NarrowFormat(int ExponentBits, int MantissaBits, uint Largest, uint Infinity, uint NaN)
{
    private static readonly NarrowFormat Half = new(5, 10, 0x7bff, 0x7c00, 0x7fff), Brain = new(8, 7, 0x7f7f, 0x7f80, 0x7fff),
        Tensor = new(8, 10, 0x3fbff, 0x3fc00, 0x3ffff);
    private static readonly NarrowFormat E4M3 = new(4, 3, 0x7e, 0x7f, 0x7f), E5M2 = new(5, 2, 0x7b, 0x7c, 0x7f);

    /// <summary>The format of a type, or of the two values that a packed type holds.</summary>
    public static NarrowFormat ForType(PtxType type) => type switch
    {
        PtxType.F16 or PtxType.F16x2 => Half,
        PtxType.BF16 or PtxType.BF16x2 => Brain,
        PtxType.TF32 => Tensor,
        PtxType.E4M3 or PtxType.E4M3x2 => E4M3,
        PtxType.E5M2 or PtxType.E5M2x2 => E5M2,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "expected a type narrower than f32"),
    };

    /// <summary>The bits of a value, rounded to the format.</summary>
    /// <param name="value">The value to round.</param>
    /// <param name="rounding"><c>rn rz rm rp rna</c>; none is <c>rn</c>.</param>
    /// <param name="finite">Values that are too large, including infinities, become the largest finite value.</param>
    public uint Round(double value, PtxRounding rounding, bool finite = false)
    {
        if (double.IsNaN(value))
            return NaN;
        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        bool negative = bits >> 63 != 0;
        uint sign = negative ? 1u << ExponentBits + MantissaBits : 0;
        if (double.IsInfinity(value))
            return sign | (finite ? Largest : Infinity);
        int field = (int)(bits >> 52) & 0x7ff, exponent = Math.Max(field, 1) - 1023;
        ulong mantissa = (bits & (1UL << 52) - 1) | (field == 0 ? 0 : 1UL << 52);
        int bias = (1 << ExponentBits - 1) - 1, last = Math.Max(exponent, 1 - bias) - MantissaBits;
        // Doubles that are this small are below half of the last place of every format here.
        int shift = Math.Min(last - exponent + 52, 60);
        ulong kept = mantissa >> shift, rest = mantissa - (kept << shift), half = 1UL << shift - 1;
        bool up = rounding switch
        {
            PtxRounding.Rz => false,
            PtxRounding.Rm => negative && rest != 0,
            PtxRounding.Rp => !negative && rest != 0,
            PtxRounding.Rna => rest >= half,
            _ => rest > half || (rest == half && (kept & 1) != 0),
        };
        ulong found = ((ulong)(last + MantissaBits + bias - 1) << MantissaBits) + kept + (up ? 1UL : 0);
        if (found <= Largest)
            return sign | (uint)found;
        bool stays = finite || rounding == PtxRounding.Rz || rounding == (negative ? PtxRounding.Rp : PtxRounding.Rm);
        return sign | (stays ? Largest : Infinity);
    }

    /// <summary>The value that bits represent.</summary>
    public double Value(uint bits)
    {
        uint magnitude = bits & ((1u << ExponentBits + MantissaBits) - 1);
        int bias = (1 << ExponentBits - 1) - 1, field = (int)(magnitude >> MantissaBits);
        uint mantissa = magnitude & ((1u << MantissaBits) - 1);
        double value = magnitude > Largest ? magnitude == Infinity && Infinity != NaN ? double.PositiveInfinity : double.NaN
            : Math.ScaleB(field == 0 ? mantissa : mantissa | 1u << MantissaBits, Math.Max(field, 1) - bias - MantissaBits);
        return (bits >> ExponentBits + MantissaBits & 1) != 0 ? -value : value;
    }
}
