using System.Globalization;
using System.Text;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>The output of C's <c>printf</c> (ISO C, 7.21.6.1), with arguments in memory.</summary>
internal static class PrintfFormat
{
    private const int WidestField = 1 << 12;

    /// <param name="format">The format.</param>
    /// <param name="next">Returns the next argument, of 4 or 8 bytes.</param>
    /// <param name="text">Returns the string at an address.</param>
    /// <param name="count">How many arguments the format used; −1 if the format is not valid.</param>
    public static string Write(string format, Func<int, ulong> next, Func<ulong, string> text, out int count)
    {
        StringBuilder result = new();
        int arguments = 0, i = 0;
        count = -1;
        while (i < format.Length)
        {
            char c = format[i++];
            if (c != '%')
            {
                result.Append(c);
                continue;
            }

            int flagsEnd = i;
            while (flagsEnd < format.Length && "-+ #0".Contains(format[flagsEnd], StringComparison.Ordinal))
                flagsEnd++;
            string flags = format[i..flagsEnd];
            i = flagsEnd;
            int Number()
            {
                if (i < format.Length && format[i] == '*')
                {
                    i++;
                    arguments++;
                    return (int)next(4);
                }

                int value = 0;
                for (; i < format.Length && char.IsAsciiDigit(format[i]); i++)
                    value = Math.Min(10 * value + format[i] - '0', WidestField);
                return value;
            }

            int width = Number(), precision = -1;
            if (width < 0)
                (flags, width) = ($"{flags}-", -width);
            width = Math.Clamp(width, 0, WidestField);
            if (i < format.Length && format[i] == '.')
            {
                i++;
                precision = Math.Min(Number(), WidestField);
            }

            int lengthStart = i;
            while (i < format.Length && "hljztL".Contains(format[i], StringComparison.Ordinal))
                i++;
            string length = format[lengthStart..i];
            if (i == format.Length)
                return result.ToString();
            char kind = format[i++];
            if (kind == '%')
            {
                result.Append('%');
                continue;
            }

            int bytes = length is "l" or "ll" or "j" or "z" or "t" ? 8 : 4;
            string sign = "", digits;
            switch (kind)
            {
                case 'd' or 'i':
                    long signed = bytes == 8
                        ? (long)next(8) : length switch { "hh" => (sbyte)next(4), "h" => (short)next(4), _ => (int)next(4) };
                    sign = signed < 0 ? "-" : flags.Contains('+', StringComparison.Ordinal)
                        ? "+" : flags.Contains(' ', StringComparison.Ordinal) ? " " : "";
                    digits = Padded(((UInt128)Int128.Abs(signed)).ToString(CultureInfo.InvariantCulture), precision);
                    break;
                case 'u' or 'x' or 'X' or 'o':
                    ulong value = bytes == 8
                        ? next(8) : length switch { "hh" => (byte)next(4), "h" => (ushort)next(4), _ => (uint)next(4) };
                    digits = kind switch { 'u' => value.ToString(CultureInfo.InvariantCulture), 'o' => Octal(value),
                        'x' => value.ToString("x", CultureInfo.InvariantCulture), _ => value.ToString("X", CultureInfo.InvariantCulture) };
                    digits = Padded(digits, precision);
                    if (flags.Contains('#', StringComparison.Ordinal) && value != 0)
                        sign = kind switch { 'x' => "0x", 'X' => "0X", 'o' => "0", _ => "" };
                    break;
                case 'p':
                    (sign, digits) = ("0x", next(8).ToString("x", CultureInfo.InvariantCulture));
                    break;
                case 'c':
                    digits = ((char)(byte)next(4)).ToString();
                    break;
                case 's':
                    digits = text(next(8));
                    digits = precision >= 0 && precision < digits.Length ? digits[..precision] : digits;
                    break;
                case 'f' or 'F' or 'e' or 'E' or 'g' or 'G' or 'a' or 'A':
                    double number = BitConverter.UInt64BitsToDouble(next(8));
                    sign = double.IsNegative(number)
                        && !double.IsNaN(number)
                            ? "-" : flags.Contains('+', StringComparison.Ordinal)
                                ? "+" : flags.Contains(' ', StringComparison.Ordinal) ? " " : "";
                    digits = Float(Math.Abs(number), kind, precision, flags.Contains('#', StringComparison.Ordinal));
                    if (!double.IsFinite(number))
                        flags = flags.Replace("0", "", StringComparison.Ordinal);
                    break;
                default:
                    return result.ToString();
            }

            arguments++;
            bool left = flags.Contains('-', StringComparison.Ordinal), isNumber = kind is not ('s' or 'c');
            bool zeros = isNumber && !left && flags.Contains('0', StringComparison.Ordinal)
                && !(precision >= 0 && kind is 'd' or 'i' or 'u' or 'x' or 'X' or 'o');
            int missing = Math.Max(0, width - sign.Length - digits.Length);
            result.Append(' ', left || zeros ? 0 : missing).Append(sign).Append('0', zeros ? missing : 0).Append(digits)
                .Append(' ', left ? missing : 0);
        }

        count = arguments;
        return result.ToString();
    }

    private static string Padded(string digits, int precision)
        => precision == 0 && digits == "0" ? "" : digits.PadLeft(Math.Max(precision, 0), '0');

    private static string Octal(ulong value)
    {
        StringBuilder digits = new();
        do
            digits.Insert(0, (char)('0' + (value & 7)));
        while ((value >>= 3) != 0);
        return digits.ToString();
    }

    private static string Float(double value, char kind, int precision, bool keepsZeros)
    {
        bool upper = char.IsAsciiLetterUpper(kind);
        if (!double.IsFinite(value))
            return (double.IsNaN(value) ? "nan" : "inf") is var word && upper ? word.ToUpperInvariant() : word;
        string text = char.ToLowerInvariant(kind) switch
        {
            'f' => value.ToString($"F{(precision < 0 ? 6 : precision)}", CultureInfo.InvariantCulture),
            'e' => Exponential(value, precision < 0 ? 6 : precision),
            'g' => General(value, precision < 0 ? 6 : Math.Max(1, precision), keepsZeros),
            _ => Hexadecimal(value),
        };
        return upper ? text.ToUpperInvariant() : text;
    }

    /// <summary>The exponent has at least two digits.</summary>
    private static string Exponential(double value, int precision)
    {
        string text = value.ToString($"e{precision}", CultureInfo.InvariantCulture);
        int at = text.IndexOf('e', StringComparison.Ordinal) + 2;
        return text[..at] + text[at..].TrimStart('0').PadLeft(2, '0');
    }

    private static string General(double value, int precision, bool keepsZeros)
    {
        string exponential = Exponential(value, precision - 1);
        int at = exponential.IndexOf('e', StringComparison.Ordinal),
            exponent = int.Parse(exponential.AsSpan(at + 1), CultureInfo.InvariantCulture);
        bool isFixed = exponent >= -4 && exponent < precision;
        string digits = isFixed ? value.ToString($"F{precision - 1 - exponent}", CultureInfo.InvariantCulture) : exponential[..at];
        if (!keepsZeros && digits.Contains('.', StringComparison.Ordinal))
            digits = digits.TrimEnd('0').TrimEnd('.');
        return isFixed ? digits : digits + exponential[at..];
    }

    /// <summary><c>0x1.8p+1</c>, with all the digits that the value has.</summary>
    private static string Hexadecimal(double value)
    {
        if (value == 0)
            return "0x0p+0";
        ulong bits = BitConverter.DoubleToUInt64Bits(value), mantissa = bits & (1UL << 52) - 1;
        int field = (int)(bits >> 52), exponent = Math.Max(field, 1) - 1023;
        string digits = mantissa.ToString("x13", CultureInfo.InvariantCulture).TrimEnd('0');
        return string.Create(CultureInfo.InvariantCulture,
            $"0x{(field == 0 ? 0 : 1)}{(digits.Length > 0 ? "." : "")}{digits}p{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent)}");
    }
}
