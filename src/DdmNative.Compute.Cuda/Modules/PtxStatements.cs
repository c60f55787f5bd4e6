using System.Text.RegularExpressions;

namespace DdmNative.Compute.Cuda.Modules;

/// <summary>
/// The instructions of each kernel in PTX, found by punctuation and not by lines: calls span several lines, and inline assembly puts
/// several instructions on one line, in braces.
/// </summary>
internal static partial class PtxStatements
{
    /// <summary>Every kernel with its instructions, without labels, guards and the semicolon.</summary>
    public static IEnumerable<(string Kernel, IEnumerable<string> Instructions)> Kernels(string ptx)
    {
        string text = CommentsAndLineNumbers().Replace(ptx, " ");
        foreach (Match entry in Entry().Matches(text))
            if (text.IndexOf('{', entry.Index) is int body and >= 0)
                yield return (entry.Groups[1].Value, Instructions(text, body));
    }

    /// <summary>From the brace that opens a body to the one that closes it.</summary>
    private static IEnumerable<string> Instructions(string text, int at)
    {
        for (int depth = 0; at < text.Length;)
        {
            // Where a statement may begin, a brace opens a scope; the brace of a vector comes after an opcode.
            char next = text[at];
            if (next is '{' or '}')
            {
                depth += next == '{' ? 1 : -1;
                if (depth == 0)
                    yield break;
                at++;
            }
            else if (char.IsWhiteSpace(next) || next == ';')
            {
                at++;
            }
            else if (Label().Match(text, at) is { Success: true } label)
            {
                at += label.Length;
            }
            else
            {
                int end = text.IndexOf(';', at);
                end = end < 0 ? text.Length : end;
                string statement = Guard().Replace(text[at..end], "");
                if (statement.Length > 0 && char.IsAsciiLetterLower(statement[0]))
                    yield return statement;
                at = end;
            }
        }
    }

    // A line of .loc or .file ends without a semicolon.
    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/|^[ \t]*\.(loc|file)\b[^\n]*", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex CommentsAndLineNumbers();

    [GeneratedRegex(@"\.entry\s+([\w$]+)")]
    private static partial Regex Entry();

    [GeneratedRegex(@"\G[\w$%]+\s*:(?!:)")]
    private static partial Regex Label();

    [GeneratedRegex(@"^@!?[\w%$]+\s+")]
    private static partial Regex Guard();
}
