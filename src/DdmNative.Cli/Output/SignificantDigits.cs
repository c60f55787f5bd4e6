using System.Globalization;

namespace DdmNative.Cli.Output;

/// <summary>
/// Numbers for tables on a terminal: three significant digits, so that 0.000123 and 12.3 are equally exact. A number that does not exist
/// is a dash.
/// </summary>
internal static class SignificantDigits
{
    public const string None = "–";

    private const int Digits = 3, DigitsOfNoise = 2;

    // Smaller numbers would be mostly zeros.
    private const double LeastFixed = 1e-6;

    /// <summary>A number such as 0.0123, 12.3 or 1234.</summary>
    public static string Of(double? value) => Format(value, Digits);

    /// <summary>The same with a sign, for effects and changes; zero has none.</summary>
    public static string Signed(double? value) => value > 0 && double.IsFinite(value.Value) ? "+" + Of(value) : Of(value);

    /// <summary>An error such as ± 0.012, with two digits; empty if it is not known.</summary>
    public static string Noise(double? value) => value is double noise && double.IsFinite(noise) ? "± " + Format(noise, DigitsOfNoise) : "";

    private static string Format(double? value, int digits)
    {
        if (value is not double number || !double.IsFinite(number))
            return None;
        CultureInfo plain = CultureInfo.InvariantCulture;
        // Rounded first: 0.9996 has its digits where 1.00 has them.
        double rounded = double.Parse(number.ToString($"E{digits - 1}", plain), plain);
        if (rounded == 0)
            return "0";
        if (Math.Abs(rounded) < LeastFixed)
            return number.ToString($"0.{new string('0', digits - 1)}e-0", plain);
        int decimals = Math.Max(0, digits - 1 - (int)Math.Floor(Math.Log10(Math.Abs(rounded))));
        return number.ToString($"F{decimals}", plain);
    }
}
