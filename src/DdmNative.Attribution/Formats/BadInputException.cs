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
    /// <param name="mostShown">So many characters of each part are shown; more for a list of all that is wrong.</param>
    public BadInputException(string file, string field, string found, string expected, string remedy, Exception? inner = null, int mostShown = 300)
        : base($"{Printable(file, mostShown)}, {Printable(field, mostShown)}: found {Printable(found, mostShown)}, expected {Printable(expected, mostShown)}. {remedy}", inner)
    {
        File = file;
        Field = field;
    }

    /// <summary>The file at fault.</summary>
    public string File { get; }

    /// <summary>The field or byte offset at fault.</summary>
    public string Field { get; }

    // The file's own text can be of any length and hold control characters, which a terminal would obey.
    private static string Printable(string text, int mostShown)
    {
        string start = text.Length <= mostShown ? text : text[..mostShown] + "…";
        return string.Concat(start.Select(c => char.IsControl(c) ? '·' : c));
    }
}
