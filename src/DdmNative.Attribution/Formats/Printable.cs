using System.Globalization;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// Makes text from outside safe to show. Names in a file can contain characters that a terminal interprets (escape sequences, a bell) or
/// that reorder the text around them (bidirectional overrides); each is replaced by a dot, which is visible and harmless.
/// </summary>
public static class Printable
{
    private const char Dot = '·';

    /// <summary>Converts a text of one line.</summary>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.AsSpan().ContainsAnyExceptInRange(' ', '~') ? string.Concat(text.Select(c => Obeyed(c) ? Dot : c)) : text;
    }

    /// <summary>Converts a text of several lines: line ends and tabs are kept.</summary>
    public static string OfLines(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.AsSpan().ContainsAnyExceptInRange(' ', '~') ? string.Concat(text.Select((c, i) => Shown(text, c, i) ? c : Dot)) : text;
    }

    /// <summary>Whether a terminal interprets the character instead of showing it.</summary>
    public static bool Obeyed(char c)
        => char.IsControl(c) || TurnsOrder(c)
        || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>The marks, embeddings, overrides and isolates of the bidirectional algorithm.</summary>
    private static bool TurnsOrder(char c)
        => c is '\u061C' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    private static bool Shown(string text, char c, int i) => !Obeyed(c) || c is '\n' or '\t'
        || (c == '\r' && i + 1 < text.Length && text[i + 1] == '\n');
}
