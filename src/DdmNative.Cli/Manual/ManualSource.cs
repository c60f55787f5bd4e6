using System.Reflection;
using System.Text.RegularExpressions;

namespace DdmNative.Cli.Manual;

/// <summary>
/// The written part of a verb's page, in <c>Manual/Pages/VERB.md</c>: description, examples, files, see also. The rest of the page comes
/// from the verb's attributes.
/// <para>
/// The supported Markdown is <c>## headings</c>, paragraphs, <c>- `term`: text</c>, and lines indented by four blanks, which are commands.
/// A heading <c>## Options: TITLE</c> over names of options, divided by commas, makes a section of them; <c>## Verbs: TITLE</c> does it
/// with verbs, in the overview.
/// </para>
/// </summary>
/// <param name="Description">The blocks before the first heading.</param>
/// <param name="Sections">The sections with a heading.</param>
internal sealed partial record ManualSource(IReadOnlyList<ManualBlock> Description, IReadOnlyList<ManualSection> Sections)
{
    private const string ResourcePrefix = "manual/", OptionsPrefix = "Options: ", VerbsPrefix = "Verbs: ";

    /// <summary>The name of the page of <c>ddm</c> itself.</summary>
    public const string Overview = "overview";

    /// <summary>
    /// The headings that a page can have: usage lines that replace the generated one, then the sections after the options.
    /// </summary>
    public const string Synopsis = "Synopsis", Examples = "Examples", Files = "Files", SeeAlso = "See also";

    public static ManualSource Empty { get; } = new([], []);

    /// <summary>The sections of options that the page defines.</summary>
    public IEnumerable<ManualSection> OptionSections => Titled(OptionsPrefix);

    /// <summary>The sections of verbs that the overview defines.</summary>
    public IEnumerable<ManualSection> VerbSections => Titled(VerbsPrefix);

    /// <summary>The page with a name; null if none is written.</summary>
    public static ManualSource? Find(string name)
    {
        using Stream? stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(ResourcePrefix + name);
        if (stream is null)
            return null;
        using var reader = new StreamReader(stream);
        return Parse(reader.ReadToEnd());
    }

    /// <summary>The blocks under a heading; empty if there is no such heading.</summary>
    public IReadOnlyList<ManualBlock> Under(string title) => Sections.FirstOrDefault(section => section.Title == title)?.Blocks ?? [];

    internal static ManualSource Parse(string text)
    {
        // The first heading is the page's own.
        string[] parts = Heading().Split("\n" + text.ReplaceLineEndings("\n"));
        List<ManualSection> sections = [
            .. parts.Skip(1).Select(part => part.Split('\n', 2))
            .Select(part => new ManualSection(part[0].TrimStart('#', ' ').Trim(), Blocks(part[1])))];
        return new ManualSource(sections[0].Blocks, sections[1..]);
    }

    private static List<ManualBlock> Blocks(string text)
    {
        var blocks = new List<ManualBlock>();
        foreach (string chunk in BlankLines().Split(text).Where(chunk => chunk.Trim().Length > 0))
        {
            if (chunk.Split('\n').All(line => line.Length == 0 || line.StartsWith("    ", StringComparison.Ordinal)))
                blocks.AddRange(chunk.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => new ExampleLine(line[4..])));
            else if (chunk.TrimStart().StartsWith("- `", StringComparison.Ordinal))
                blocks.AddRange(Item().Matches(chunk)
                    .Select(item => new Definition(item.Groups["term"].Value, Joined(item.Groups["text"].Value))));
            else
                blocks.Add(new Paragraph(Joined(chunk)));
        }

        return blocks;
    }

    private static string Joined(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private IEnumerable<ManualSection> Titled(string prefix)
        => Sections.Where(section => section.Title.StartsWith(prefix, StringComparison.Ordinal))
            .Select(section => section with { Title = section.Title[prefix.Length..] });

    [GeneratedRegex(@"\n(?=#)")]
    private static partial Regex Heading();

    [GeneratedRegex(@"\n[ \t]*\n")]
    private static partial Regex BlankLines();

    [GeneratedRegex(@"^- `(?<term>[^`]+)`: (?<text>.+(\n(?!- `).+)*)", RegexOptions.Multiline)]
    private static partial Regex Item();
}
