namespace DdmNative.Cli.Manual;

/// <summary>A block of a manual page.</summary>
internal abstract record ManualBlock;

/// <summary>A paragraph, wrapped to the width.</summary>
internal sealed record Paragraph(string Text) : ManualBlock;

/// <summary>A term (an option, a file, a verb) and its description.</summary>
internal sealed record Definition(string Term, string Text) : ManualBlock;

/// <summary>A command line; never wrapped.</summary>
internal sealed record ExampleLine(string Text) : ManualBlock;

/// <summary>A section of a manual page.</summary>
internal sealed record ManualSection(string Title, IReadOnlyList<ManualBlock> Blocks)
{
    /// <summary>The comma-separated words of its paragraphs: a page lists the names of options or verbs this way.</summary>
    public IReadOnlyList<string> Names
        => [.. Blocks.OfType<Paragraph>()
            .SelectMany(paragraph => paragraph.Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
}
