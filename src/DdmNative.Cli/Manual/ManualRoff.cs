using System.Text;

namespace DdmNative.Cli.Manual;

/// <summary>Formats a manual page for <c>man</c>, in roff with the man macros.</summary>
internal static class ManualRoff
{
    /// <summary>Returns the roff source of a page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="version">The program version, for the page's footer.</param>
    public static string Format(ManualPage page, string version)
    {
        var roff = new StringBuilder();
        roff.Append($".TH {page.Name.ToUpperInvariant().Replace("-", "\\-", StringComparison.Ordinal)} 1 \"\" \"ddm {version}\" "
            + $"\"DdmNative\"\n");
        roff.Append(".SH NAME\n").Append($"{Escaped(page.Name)} \\- {Escaped(page.Summary)}\n");
        roff.Append(".SH SYNOPSIS\n.nf\n").AppendJoin('\n', page.Synopsis.Select(Escaped)).Append("\n.fi\n");
        foreach (ManualSection section in page.Sections)
        {
            roff.Append($".SH \"{Escaped(section.Title.ToUpperInvariant())}\"\n");
            bool first = true;
            foreach (ManualBlock block in section.Blocks)
            {
                roff.Append(block switch
                {
                    Paragraph paragraph => (first ? "" : ".PP\n") + Escaped(paragraph.Text) + "\n",
                    Definition definition => $".TP\n\\fB{Escaped(definition.Term)}\\fR\n{Escaped(definition.Text)}\n",
                    ExampleLine command => $".PP\n.RS 4\n.nf\n{Escaped(command.Text)}\n.fi\n.RE\n",
                    _ => throw new ArgumentException($"No roff for {block.GetType().Name}.", nameof(page)),
                });
                first = false;
            }
        }

        return roff.ToString();
    }

    /// <summary>
    /// Escapes text so that none of it is read as a request or an escape sequence, and dashes can be copied into a shell.
    /// </summary>
    private static string Escaped(string text)
    {
        string escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal)
            .Replace("'", "\\(aq", StringComparison.Ordinal).Replace("`", "\\(ga", StringComparison.Ordinal)
            .Replace("^", "\\(ha", StringComparison.Ordinal).Replace("~", "\\(ti", StringComparison.Ordinal)
                .Replace("\"", "\\(dq", StringComparison.Ordinal);
        return escaped.StartsWith('.') ? "\\&" + escaped : escaped;
    }
}
