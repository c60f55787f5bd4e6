using System.Text;
using DdmNative.Cli.Output;
using Spectre.Console;

namespace DdmNative.Cli.Manual;

/// <summary>
/// Formats a manual page for the terminal, fitted to its width and with bold headings; plain and 80 columns wide if the output is
/// redirected.
/// </summary>
internal static class ManualText
{
    private const int PlainWidth = 80, LeastWidth = 40, MostWidth = 110, Indent = 2, TermWidth = 26;

    /// <summary>Writes a page to standard output.</summary>
    public static void Show(ManualPage page)
    {
        Profile terminal = Terminal.OutputConsole().Profile;
        bool plain = Console.IsOutputRedirected || !terminal.Capabilities.Ansi;
        Terminal.Out.Write(Format(page, Console.IsOutputRedirected ? PlainWidth : Math.Clamp(terminal.Width, LeastWidth, MostWidth),
            !plain));
    }

    /// <summary>Returns the text of a page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="width">The maximum length of a line; commands and longer words may exceed it.</param>
    /// <param name="bold">Whether headings and terms are bold, by ANSI escape sequences.</param>
    public static string Format(ManualPage page, int width, bool bold)
    {
        var text = new StringBuilder();
        string name = page.Name.Replace('-', ' ');
        Append(text, new ManualSection("Name", [new Paragraph($"{name} - {page.Summary}")]), width, bold);
        Append(text, new ManualSection("Synopsis", [.. page.Synopsis.Select(line => new Paragraph(line))]), width, bold, spaced: false);
        foreach (ManualSection section in page.Sections)
            Append(text, section, width, bold);
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static void Append(StringBuilder text, ManualSection section, int width, bool bold, bool spaced = true)
    {
        text.Append(Bold(section.Title.ToUpperInvariant(), bold)).Append('\n');
        for (int i = 0; i < section.Blocks.Count; i++)
        {
            // A blank line separates a paragraph from what follows; a command follows its explanation directly.
            if (spaced && i > 0 && section.Blocks[i] is Paragraph)
                text.Append('\n');
            Append(text, section.Blocks[i], width, bold);
        }

        text.Append('\n');
    }

    private static void Append(StringBuilder text, ManualBlock block, int width, bool bold)
    {
        switch (block)
        {
            case Paragraph paragraph:
                foreach (string line in Wrap(paragraph.Text, width - Indent))
                    text.Append(' ', Indent).Append(line).Append('\n');
                break;
            case ExampleLine command:
                text.Append(' ', 2 * Indent).Append(command.Text).Append('\n');
                break;
            case Definition definition:
                Append(text, definition, width, bold);
                break;
        }
    }

    private static void Append(StringBuilder text, Definition definition, int width, bool bold)
    {
        text.Append(' ', Indent).Append(Bold(definition.Term, bold));
        int filled = Indent + definition.Term.Length;
        if (filled + 2 > TermWidth)
        {
            text.Append('\n');
            filled = 0;
        }

        foreach (string line in Wrap(definition.Text, width - TermWidth))
        {
            text.Append(' ', TermWidth - filled).Append(line).Append('\n');
            filled = 0;
        }
    }

    private static string Bold(string text, bool bold) => bold ? $"\e[1m{text}\e[0m" : text;

    private static IEnumerable<string> Wrap(string text, int width)
    {
        var line = new StringBuilder();
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        yield return line.ToString();
    }
}
