using System.Buffers;
using System.Globalization;

namespace DdmNative.CudaEmulator.Ptx;

/// <summary>
/// Constants as PTX writes them: 12, 0x1F, 017, 0b101, each with an optional U; 1.5e-3; the bits of a single, 0f3F800000, or of a double,
/// 0d3FF….
/// </summary>
internal static class PtxNumber
{
    private static readonly SearchValues<char> NotDecimal = SearchValues.Create("xXfFdDbB_");

    /// <exception cref="PtxException">The text is none of these, or too large for 64 bits.</exception>
    public static PtxImmediate Read(ReadOnlySpan<char> digits, int line)
    {
        ulong bits;
        if (digits.Length > 1 && digits[0] == '0')
        {
            ReadOnlySpan<char> rest = digits[2..];
            switch (digits[1])
            {
                case 'f' or 'F' when rest.Length == 8
                    && ulong.TryParse(rest, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bits):
                    return new PtxImmediate(bits, PtxImmediateKind.Binary32);
                case 'd' or 'D' when rest.Length == 16
                    && ulong.TryParse(rest, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bits):
                    return new PtxImmediate(bits, PtxImmediateKind.Binary64);
                case 'x' or 'X' when ulong.TryParse(WithoutUnsigned(rest), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                    out bits):
                    return new PtxImmediate(bits, PtxImmediateKind.WholeNumber);
                case 'b' or 'B' when ulong.TryParse(WithoutUnsigned(rest), NumberStyles.AllowBinarySpecifier, CultureInfo.InvariantCulture,
                    out bits):
                    return new PtxImmediate(bits, PtxImmediateKind.WholeNumber);
                case >= '0' and <= '7' when TryOctal(WithoutUnsigned(digits[1..]), out bits):
                    return new PtxImmediate(bits, PtxImmediateKind.WholeNumber);
            }
        }

        if (ulong.TryParse(WithoutUnsigned(digits), NumberStyles.None, CultureInfo.InvariantCulture, out bits))
            return new PtxImmediate(bits, PtxImmediateKind.WholeNumber);
        if (digits.IndexOfAny(NotDecimal) < 0 && digits.IndexOfAny(".eE") > 0
            && double.TryParse(digits, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture,
                out double value))
        {
            return new PtxImmediate(BitConverter.DoubleToUInt64Bits(value), PtxImmediateKind.Binary64);
        }

        throw new PtxException(line,
            $"found '{digits}', expected a constant of at most 64 bits: 12, 0x1F, 1.5, 0f and 8 hexadecimal digits or 0d and 16");
    }

    /// <summary>The negated constant: a float with its sign bit flipped, the two's complement of an integer.</summary>
    public static PtxImmediate Negate(PtxImmediate value) => value.Kind switch
    {
        PtxImmediateKind.Binary32 => value with { Bits = value.Bits ^ 0x8000_0000 },
        PtxImmediateKind.Binary64 => value with { Bits = value.Bits ^ 0x8000_0000_0000_0000 },
        _ => value with { Bits = unchecked(0 - value.Bits) },
    };

    private static ReadOnlySpan<char> WithoutUnsigned(ReadOnlySpan<char> digits) => digits is [.., 'U'] ? digits[..^1] : digits;

    private static bool TryOctal(ReadOnlySpan<char> digits, out ulong bits)
    {
        bits = 0;
        foreach (char digit in digits)
        {
            if (digit is < '0' or > '7' || bits >> 61 != 0)
                return false;
            bits = (bits << 3) | (uint)(digit - '0');
        }

        return digits.Length > 0;
    }
}
