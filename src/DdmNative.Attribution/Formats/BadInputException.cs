namespace DdmNative.Attribution.Formats;

/// <summary>
/// A file, or a setting, that came from outside is not what it should be: the one cause the user can act on by repairing
/// the input. The command line maps it to exit code 3.
/// </summary>
public sealed class BadInputException : Exception
{
    private const string Job = "job";

    private readonly int _mostShown;

    /// <param name="file">The file as the user knows it (or the specification, where there is no file).</param>
    /// <param name="field">The field, tensor, line or byte at fault, e.g. <c>byte 4 (image count)</c>.</param>
    /// <param name="found">What was found there.</param>
    /// <param name="expected">What was expected instead.</param>
    /// <param name="remedy">What to do, as a sentence.</param>
    /// <param name="inner">The error underneath, where there is one.</param>
    /// <param name="line">The line of the file that the field stands on, from 1, where it is known and the field does not say it.</param>
    /// <param name="mostShown">So many characters of each part are shown; more for a list of all that is wrong.</param>
    public BadInputException(string file, string field, string found, string expected, string remedy, Exception? inner = null, int? line = null, int mostShown = 300)
        : base($"{Shown(file, mostShown)}, {Shown(field, mostShown)}{(line is null ? "" : $", line {line}")}: "
            + $"found {Shown(found, mostShown)}, expected {Shown(expected, mostShown)}. {remedy}", inner)
        => (File, Field, Line, Found, Expected, Remedy, _mostShown) = (file, field, line, Shown(found, mostShown),
            Shown(expected, mostShown), remedy, mostShown);

    /// <summary>
    /// A field of the job that does not go with the data, or with another field; where the field was given is for the caller to say
    /// (<see cref="At"/>).
    /// </summary>
    /// <param name="field">Its path, e.g. <c>attribution.objectives[0]</c>.</param>
    /// <param name="found">What was found there.</param>
    /// <param name="expected">What was expected instead.</param>
    /// <param name="remedy">What to do, as a sentence.</param>
    /// <param name="inner">The error underneath, where there is one.</param>
    /// <param name="mostShown">So many characters of each part are shown.</param>
    public static BadInputException OfJob(string field, string found, string expected, string remedy, Exception? inner = null,
        int mostShown = 300)
        => new(Job, field, found, expected, remedy, inner, mostShown: mostShown) { JobField = field };

    /// <summary>The same, with where the job says it.</summary>
    /// <param name="file">The job file, the option or the variable.</param>
    /// <param name="field">The field as it is called there.</param>
    /// <param name="line">Its line; null where there is none.</param>
    /// <param name="remedy">What to do, as a sentence.</param>
    public BadInputException At(string file, string field, int? line, string remedy)
        => new(IsOfJob ? file : File, IsOfJob ? field : Field, Found, Expected, remedy, this, IsOfJob ? line : Line, _mostShown);

    /// <summary>The field of the job that mends it, whatever file is at fault; null where there is none.</summary>
    public string? JobField { get; init; }

    /// <summary>Whether it is the job itself that is at fault, and nobody has said yet where it is.</summary>
    public bool IsOfJob => File == Job && JobField is not null;

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
    private static string Shown(string text, int mostShown) => Printable.Of(text.Length <= mostShown ? text : text[..mostShown] + "…");
}
