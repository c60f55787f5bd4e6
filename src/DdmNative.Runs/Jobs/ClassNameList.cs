using System.Text;
using DdmNative.Attribution.Formats;

namespace DdmNative.Runs.Jobs;

/// <summary>
/// Names of classes as a command line gives them: a file with one name on each line, or the names themselves, separated by commas.
/// </summary>
public static class ClassNameList
{
    /// <summary>The field of a job that they set.</summary>
    public const string Field = "data.class_names";

    /// <summary>The names, in order. <see cref="JobRules"/> checks them.</summary>
    /// <param name="text">The path of a file, which decides if there is such a file, or at least two names.</param>
    /// <exception cref="BadInputException">There is no such file and no comma, or the file is no text.</exception>
    public static IReadOnlyList<string> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Contains(',', StringComparison.Ordinal) && !File.Exists(text))
            return text.Split(',', StringSplitOptions.TrimEntries);
        string[] lines = Text(text).Split('\n', StringSplitOptions.TrimEntries);
        // The last line ends with a line feed, or with several.
        return lines[..(Array.FindLastIndex(lines, line => line.Length > 0) + 1)];
    }

    private static string Text(string path)
    {
        if (FileKinds.Of(path) is FileKind.Missing)
            throw new BadInputException(path, "file", "no such file", "a file with the name of a class on each line, or names with commas",
                "Check the path, or give the names themselves: cat,dog.");
        byte[] bytes = InputFile.ReadOnce(path);
        ReadOnlySpan<byte> content = bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsSpan(3) : bytes;
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content);
        }
        catch (DecoderFallbackException e)
        {
            throw new BadInputException(path, $"byte {e.Index}", "bytes that are not UTF-8", "text, a name on each line",
                "Save the file as UTF-8.", e);
        }
    }
}
