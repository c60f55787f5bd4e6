namespace DdmNative.Cli.Manual;

/// <summary>A piece of a manual page.</summary>
internal abstract record ManualBlock;

/// <summary>Text that is wrapped.</summary>
internal sealed record Paragraph(string Text) : ManualBlock;

/// <summary>A term (an option, a file, a verb) and what is said of it.</summary>
internal sealed record Definition(string Term, string Text) : ManualBlock;

/// <summary>A command as it is typed; never wrapped.</summary>
internal sealed record ExampleLine(string Text) : ManualBlock;

/// <summary>A headed part of a manual page.</summary>
internal sealed record ManualSection(string Title, IReadOnlyList<ManualBlock> Blocks)
{
    /// <summary>The words of its paragraphs that commas divide: how a page lists names of options or verbs.</summary>
    public IReadOnlyList<string> Names => [.. Blocks.OfType<Paragraph>().SelectMany(paragraph => paragraph.Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
}
