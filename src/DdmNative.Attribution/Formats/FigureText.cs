using System.Globalization;

namespace DdmNative.Attribution.Formats;

/// <summary>Figures for people.</summary>
public static class FigureText
{
    /// <summary>Formats a number with so many significant digits, in plain notation unless that takes long: <c>0.0882</c>.</summary>
    public static string Significant(double value, int digits = 3)
    {
        if (value == 0 || !double.IsFinite(value))
            return value.ToString(CultureInfo.InvariantCulture).Replace("-0", "0", StringComparison.Ordinal);
        int leading = (int)Math.Floor(Math.Log10(Math.Abs(value)));
        // Rounding may carry into a further digit: 0.09996 is 0.100.
        double rounded = double.Parse(value.ToString($"E{digits - 1}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        leading = Math.Max(leading, (int)Math.Floor(Math.Log10(Math.Abs(rounded))));
        return leading < -5 ? rounded.ToString($"0.{new string('#', digits - 1)}e-0", CultureInfo.InvariantCulture)
            : rounded.ToString($"F{Math.Max(0, digits - 1 - leading)}", CultureInfo.InvariantCulture);
    }

    /// <summary>The same with a plus before a positive number.</summary>
    public static string WithSign(double value, int digits = 3) => (value > 0 ? "+" : "") + Significant(value, digits);

    /// <summary>
    /// Formats a number, such as with <c>0.00</c> or <c>+0.0000;-0.0000</c>. If all digits shown are zeros, it is formatted as zero.
    /// </summary>
    /// <exception cref="FormatException">The format is invalid.</exception>
    public static string Of(double value, string format)
    {
        string text = value.ToString(format, CultureInfo.InvariantCulture);
        return double.IsFinite(value) && !text.Any(c => c is >= '1' and <= '9') ? 0d.ToString(format, CultureInfo.InvariantCulture) : text;
    }
}
