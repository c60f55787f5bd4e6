using DdmNative.Attribution.Formats;

namespace DdmNative.Cli.Output.Answers;

/// <summary>Correlations for people, with the two digits that are customary; a dash if there is none.</summary>
internal static class CorrelationText
{
    public static string Of(double? value)
        => value is double number && double.IsFinite(number) ? FigureText.Of(number, "0.00") : SignificantDigits.None;
}
