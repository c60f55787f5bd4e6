namespace DdmNative.Attribution.Formats;

/// <summary>Text from outside as it may be shown: without the control characters, which a terminal would obey.</summary>
internal static class PrintableText
{
    public static string Of(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '·' : c)) : text;
}
