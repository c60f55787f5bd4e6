namespace DdmNative.Cli.Manual;

/// <summary>
/// A complete manual page, to be shown in the terminal (<see cref="ManualText"/>) or by <c>man</c> (<see cref="ManualRoff"/>).
/// </summary>
/// <param name="Name"><c>ddm</c> or <c>ddm-train</c>: the name for <c>man</c>.</param>
/// <param name="Summary">One sentence.</param>
/// <param name="Synopsis">The usage lines.</param>
/// <param name="Sections">The other sections, in order.</param>
internal sealed record ManualPage(string Name, string Summary, IReadOnlyList<string> Synopsis, IReadOnlyList<ManualSection> Sections)
{
    private const string Program = "ddm";

    /// <summary>The sections of options that several verbs share, by option name. Any other option belongs to its verb.</summary>
    private static readonly (string Title, string[] Options)[] Common =
    [
        ("The run", ["run", "job", "data", "seed"]),
        ("The groups", ["groups", "clusters", "cluster-space"]),
        ("The machine", ["device", "precision", "threads", "wave", "memory"]),
        ("The output", ["json", "quiet", "log-level", "log-format"]),
    ];

    /// <summary>The page of <c>ddm</c> itself: all verbs, grouped by purpose.</summary>
    public static ManualPage Overview()
    {
        ManualSource source = ManualSource.Find(ManualSource.Overview)!;
        List<ManualSection> verbs = [
            .. source.VerbSections.Select(
            section => new ManualSection(section.Title, [.. section.Names.Select(name => Defined(VerbDescription.Find(name)!))]))];
        VerbDescription[] others = [
            .. VerbDescription.All.Where(verb => !source.VerbSections.SelectMany(section => section.Names).Contains(verb.Name))];
        if (others.Length > 0)
            verbs.Add(new ManualSection("More", [.. others.Select(Defined)]));
        return new ManualPage(Program, "which part of the training data made the model behave this way, and what would happen without it?",
            [$"{Program} VERB [options]", $"{Program} VERB --help", $"{Program} --version"],
            [new ManualSection("Description", source.Description), .. verbs, .. Closing(source)]);
    }

    /// <summary>The page of a verb.</summary>
    public static ManualPage For(VerbDescription verb)
    {
        ManualSource source = ManualSource.Find(verb.Name) ?? ManualSource.Empty;
        return new ManualPage($"{Program}-{verb.Name}", verb.Summary, source.Under(ManualSource.Synopsis) is { Count: > 0 } lines
            ? [.. lines.OfType<ExampleLine>().Select(line => line.Text)] : [Usage(verb)],
            [new ManualSection("Description", source.Description), .. OptionSections(verb, source), .. Closing(source)]);
    }

    private static Definition Defined(VerbDescription verb) => new(verb.Name, verb.Summary);

    private static string Usage(VerbDescription verb)
    {
        IEnumerable<string> operands = verb.Operands.Select(operand => operand.IsRequired ? operand.Name : $"[{operand.Name}]");
        IEnumerable<string> required = verb.Options.Where(option => option.IsRequired).Select(option => option.Usage);
        IEnumerable<string> rest = verb.Options.Any(option => !option.IsRequired) ? ["[options]"] : [];
        return string.Join(' ', [Program, verb.Name, .. operands, .. required, .. rest]);
    }

    private static IEnumerable<ManualSection> OptionSections(VerbDescription verb, ManualSource source)
    {
        List<(string Title, IReadOnlyList<string> Options)> titled = [
            .. source.OptionSections.Select(section => (section.Title, section.Names))];
        List<(string Title, IReadOnlyList<string> Options)> common = [
            .. Common.Select(section => (section.Title, (IReadOnlyList<string>)section.Options))];
        string[] own = [.. verb.Options.Select(option => option.Name).Except(titled.Concat(common).SelectMany(section => section.Options))];
        // The verb's own options first, then the shared ones.
        List<(string Title, IReadOnlyList<string> Options)> all = [("Options", own), .. titled, .. common];
        IEnumerable<ManualSection> sections = all.Select(section => new ManualSection(section.Title,
            [.. section.Options.Select(name => verb.Options.FirstOrDefault(option => option.Name == name)).OfType<OptionDescription>()
            .Where(option => FirstPlace(all, option) == section.Title)
                .Select(option => new Definition(option.Usage, option.FullText))]));
        if (verb.Operands.Count > 0)
            sections = sections.Prepend(
                new ManualSection("Operands", [.. verb.Operands.Select(operand => new Definition(operand.Name, operand.Text))]));
        return sections.Where(section => section.Blocks.Count > 0);
    }

    /// <summary>The section that an option is listed in: one that the page defines before the shared ones.</summary>
    private static string FirstPlace(List<(string Title, IReadOnlyList<string> Options)> sections, OptionDescription option)
        => sections.First(section => section.Options.Contains(option.Name)).Title;

    private static IEnumerable<ManualSection> Closing(ManualSource source)
    {
        List<ManualSection> sections =
        [
            new(ManualSource.Examples, source.Under(ManualSource.Examples)),
            new(ManualSource.Files, source.Under(ManualSource.Files)),
            new("Exit status", [.. ExitCode.Meanings.Select(
            code => new Definition(code.Code.ToString(System.Globalization.CultureInfo.InvariantCulture), code.Meaning))]),
            new(ManualSource.SeeAlso, source.Under(ManualSource.SeeAlso)),
        ];
        return sections.Where(section => section.Blocks.Count > 0);
    }
}
