using System.Globalization;

namespace DdmNative.Attribution.Formats;

/// <summary>Figures for people.</summary>
public static class FigureText
{
    /// <summary>A number in a format, such as <c>0.00</c> or <c>+0.0000;-0.0000</c>; one that all the digits shown are zeros of is written as zero, without a minus sign.</summary>
    /// <exception cref="FormatException">It is no format.</exception>
    public static string Of(double value, string format)
    {
        string text = value.ToString(format, CultureInfo.InvariantCulture);
        return double.IsFinite(value) && !text.Any(c => c is >= '1' and <= '9') ? 0d.ToString(format, CultureInfo.InvariantCulture) : text;
    }
}
