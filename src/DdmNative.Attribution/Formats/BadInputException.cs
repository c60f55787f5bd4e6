namespace DdmNative.Attribution.Formats;

/// <summary>A file or a setting from outside is invalid, and the user can fix it. The command line maps this to exit code 3.</summary>
public sealed class BadInputException : Exception
{
    private const string Job = "job";

    private readonly int _mostShown;

    /// <param name="file">The file as the user knows it (or the specification, if there is no file).</param>
    /// <param name="field">The field, tensor, line or byte at fault, e.g. <c>byte 4 (image count)</c>.</param>
    /// <param name="found">The value that was found.</param>
    /// <param name="expected">The value that was expected.</param>
    /// <param name="remedy">The fix, as a sentence.</param>
    /// <param name="inner">The underlying exception, if there is one.</param>
    /// <param name="line">The line of the field in the file, from 1, if it is known and the field does not contain it.</param>
    /// <param name="mostShown">The maximum number of characters shown of each part; larger for a complete list of errors.</param>
    public BadInputException(string file, string field, string found, string expected, string remedy, Exception? inner = null,
        int? line = null, int mostShown = 300)
        : base($"{Shown(file, mostShown)}, {Shown(field, mostShown)}{(line is null ? "" : $", line {line}")}: "
            + $"found {Shown(found, mostShown)}, expected {Shown(expected, mostShown)}. {remedy}", inner)
        => (File, Field, Line, Found, Expected, Remedy, _mostShown) = (file, field, line, Shown(found, mostShown),
            Shown(expected, mostShown), remedy, mostShown);

    /// <summary>
    /// Creates the exception for a field of the job that does not fit the data or another field. The caller adds the place where the field
    /// was set (<see cref="At"/>).
    /// </summary>
    /// <param name="field">Its path, e.g. <c>attribution.objectives[0]</c>.</param>
    /// <param name="found">The value that was found.</param>
    /// <param name="expected">The value that was expected.</param>
    /// <param name="remedy">The fix, as a sentence.</param>
    /// <param name="inner">The underlying exception, if there is one.</param>
    /// <param name="mostShown">The maximum number of characters shown of each part.</param>
    public static BadInputException OfJob(string field, string found, string expected, string remedy, Exception? inner = null,
        int mostShown = 300)
        => new(Job, field, found, expected, remedy, inner, mostShown: mostShown) { JobField = field };

    /// <summary>Returns the same error with the place where the field was set.</summary>
    /// <param name="file">The job file, the option or the variable.</param>
    /// <param name="field">The field's name there.</param>
    /// <param name="line">Its line; null if there is none.</param>
    /// <param name="remedy">The fix, as a sentence.</param>
    public BadInputException At(string file, string field, int? line, string remedy)
        => new(IsOfJob ? file : File, IsOfJob ? field : Field, Found, Expected, remedy, this, IsOfJob ? line : Line, _mostShown);

    /// <summary>The job field that has to change, whatever file is at fault; null if there is none.</summary>
    public string? JobField { get; init; }

    /// <summary>Whether the job itself is at fault and the place is not yet set.</summary>
    public bool IsOfJob => File == Job && JobField is not null;

    /// <summary>The file at fault.</summary>
    public string File { get; }

    /// <summary>The field or byte offset at fault.</summary>
    public string Field { get; }

    /// <summary>The field's line, from 1; null if it is not known, or if the field contains it.</summary>
    public int? Line { get; }

    /// <summary>What was found.</summary>
    public string Found { get; }

    /// <summary>The value that was expected.</summary>
    public string Expected { get; }

    /// <summary>The fix.</summary>
    public string Remedy { get; }

    // Text from the file can have any length and contain control characters that a terminal would interpret.
    private static string Shown(string text, int mostShown) => Printable.Of(text.Length <= mostShown ? text : text[..mostShown] + "…");
}
