using System.Globalization;

namespace DdmNative.Attribution.Formats;

/// <summary>Figures for people.</summary>
public static class FigureText
{
    /// <summary>
    /// A number in a format, such as <c>0.00</c> or <c>+0.0000;-0.0000</c>; one of which all the digits shown are zeros is written as zero is.
    /// </summary>
    /// <exception cref="FormatException">It is no format.</exception>
    public static string Of(double value, string format)
    {
        string text = value.ToString(format, CultureInfo.InvariantCulture);
        return double.IsFinite(value) && !text.Any(c => c is >= '1' and <= '9') ? 0d.ToString(format, CultureInfo.InvariantCulture) : text;
    }
}
