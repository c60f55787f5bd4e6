using DdmNative.Attribution.Formats;

namespace DdmNative.Cli.Output;

/// <summary>
/// Numbers for tables on a terminal: three significant digits, so that 0.000123 and 12.3 are equally exact. A number that does not exist
/// is a dash.
/// </summary>
internal static class SignificantDigits
{
    public const string None = "–";

    private const int Digits = 3, DigitsOfNoise = 2;

    /// <summary>A number such as 0.0123, 12.3 or 1230.</summary>
    public static string Of(double? value) => Format(value, Digits);

    /// <summary>The same with a sign, for effects and changes; zero has none.</summary>
    public static string Signed(double? value) => value > 0 && double.IsFinite(value.Value) ? "+" + Of(value) : Of(value);

    /// <summary>An error such as ± 0.012, with two digits; empty if it is not known.</summary>
    public static string Noise(double? value) => value is double noise && double.IsFinite(noise) ? "± " + Format(noise, DigitsOfNoise) : "";

    private static string Format(double? value, int digits)
        => value is double number && double.IsFinite(number) ? FigureText.Significant(number, digits) : None;
}
