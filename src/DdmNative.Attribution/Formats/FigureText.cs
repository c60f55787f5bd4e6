using System.Globalization;

namespace DdmNative.Attribution.Formats;

/// <summary>Figures for people.</summary>
public static class FigureText
{
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
