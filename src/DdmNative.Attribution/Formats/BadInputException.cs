namespace DdmNative.Attribution.Formats;

/// <summary>
/// A file, or a setting, that came from outside is not what it should be: the one cause the user can act on by repairing
/// the input. The command line maps it to exit code 3.
/// </summary>
public sealed class BadInputException : Exception
{
    /// <param name="file">The file as the user knows it (or the specification, where there is no file).</param>
    /// <param name="field">The field, tensor, line or byte at fault, e.g. <c>byte 4 (image count)</c>.</param>
    /// <param name="found">What was found there.</param>
    /// <param name="expected">What was expected instead.</param>
    /// <param name="remedy">What to do, as a sentence.</param>
    /// <param name="inner">The error underneath, where there is one.</param>
    /// <param name="line">The line of the file that the field stands on, from 1, where it is known and the field does not say it.</param>
    /// <param name="mostShown">So many characters of each part are shown; more for a list of all that is wrong.</param>
    public BadInputException(string file, string field, string found, string expected, string remedy, Exception? inner = null, int? line = null, int mostShown = 300)
        : base($"{Printable(file, mostShown)}, {Printable(field, mostShown)}{(line is null ? "" : $", line {line}")}: found {Printable(found, mostShown)}, expected {Printable(expected, mostShown)}. {remedy}", inner)
        => (File, Field, Line, Found, Expected, Remedy) = (file, field, line, Printable(found, mostShown), Printable(expected, mostShown), remedy);

    /// <summary>The file at fault.</summary>
    public string File { get; }

    /// <summary>The field or byte offset at fault.</summary>
    public string Field { get; }

    /// <summary>The field's line, from 1; null where it is not known, or the field names it.</summary>
    public int? Line { get; }

    /// <summary>What was found.</summary>
    public string Found { get; }

    /// <summary>What was expected instead.</summary>
    public string Expected { get; }

    /// <summary>What to do.</summary>
    public string Remedy { get; }

    // The file's own text can be of any length and hold control characters, which a terminal would obey.
    private static string Printable(string text, int mostShown)
    {
        string start = text.Length <= mostShown ? text : text[..mostShown] + "…";
        return string.Concat(start.Select(c => char.IsControl(c) ? '·' : c));
    }
}
