using DdmNative.Cli.Manual;
using Xunit;

namespace DdmNative.Cli.Tests.Manual;

/// <summary>The pages of <c>--help</c>, for every verb that there is.</summary>
public sealed class ManualTests
{
    /// <summary>How a text says what happens where its option is not given.</summary>
    private static readonly string[] SaysWithout = ["Default: ", "Required", " is required.", "Instead of", "With --"];

    public static TheoryData<string> Verbs => [.. VerbDescription.All.Select(verb => verb.Name)];

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Every_verb_has_a_page_with_a_description_and_explained_examples(string verb)
    {
        ManualSource? source = ManualSource.Find(verb);

        Assert.True(source is not null, $"write src/DdmNative.Cli/Manual/Pages/{verb}.md; the others show how");
        Assert.NotEmpty(source.Description.OfType<Paragraph>());
        IReadOnlyList<ManualBlock> examples = source.Under(ManualSource.Examples);
        Assert.InRange(examples.OfType<Paragraph>().Count(), 2, 6);
        Assert.IsType<Paragraph>(examples[0]);
        Assert.All(examples.Zip(examples.Skip(1)),
            pair => Assert.False(pair is (Paragraph, Paragraph), "a line of explanation without a command"));
        Assert.NotEmpty(source.Under(ManualSource.SeeAlso));
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Every_option_has_a_text_a_value_s_name_and_its_default(string verb)
    {
        foreach (OptionDescription option in VerbDescription.Find(verb)!.Options)
        {
            string where = $"{verb} --{option.Name}: '{option.Text}'";
            Assert.True(option.Text.Length > 5 && char.IsUpper(option.Text[0]) && option.Text.EndsWith('.'), where);
            Assert.True(option.IsSwitch == string.IsNullOrEmpty(option.MetaValue), where);
            Assert.True(option.IsSwitch || option.IsRequired
                || SaysWithout.Any(word => option.FullText.Contains(word, StringComparison.Ordinal)), $"{where}: what if it is not given?");
        }
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Every_operand_has_a_name_and_a_text(string verb)
        => Assert.All(VerbDescription.Find(verb)!.Operands,
            operand => Assert.True(operand.Name.Length > 1 && operand.Text.EndsWith('.'), operand.ToString()));

    [Theory]
    [MemberData(nameof(Verbs))]
    public void A_page_shows_every_option_once_and_places_none_that_is_not_there(string verb)
    {
        VerbDescription description = VerbDescription.Find(verb)!;
        string[] shown = [.. ManualPage.For(description).Sections.SelectMany(section => section.Blocks).OfType<Definition>()
            .Select(definition => definition.Term).Where(term => term.StartsWith("--", StringComparison.Ordinal))];

        Assert.Equal(description.Options.Select(option => option.Usage).Order(), shown.Order());
        Assert.Empty(ManualSource.Find(verb)!.OptionSections.SelectMany(section => section.Names)
            .Except(description.Options.Select(option => option.Name)));
    }

    [Fact]
    public void The_overview_places_every_verb()
    {
        string[] placed = [.. ManualSource.Find(ManualSource.Overview)!.VerbSections.SelectMany(section => section.Names)];

        Assert.Equal(VerbDescription.All.Select(verb => verb.Name).Order(), placed.Order());
    }

    [Theory]
    [InlineData(80)]
    [InlineData(110)]
    [InlineData(48)]
    public void Pages_fit_the_terminal(int width)
    {
        foreach (ManualPage page in VerbDescription.All.Select(ManualPage.For).Prepend(ManualPage.Overview()))
        {
            string[] commands = [.. page.Sections.SelectMany(section => section.Blocks).OfType<ExampleLine>().Select(line => line.Text)];
            IEnumerable<string> wide = ManualText.Format(page, width, bold: false).Split('\n').Where(line => line.Length > width);

            Assert.All(wide, line =>
                Assert.True(commands.Contains(line.Trim()) || line.Trim().Length > width - 30
                && !line.Trim().Contains(' ', StringComparison.Ordinal), $"{page.Name}: {line}"));
        }
    }

    [Fact]
    public void A_wider_terminal_takes_fewer_lines_and_bold_adds_nothing_but_escapes()
    {
        var page = ManualPage.For(VerbDescription.Find("attribute")!);
        string narrow = ManualText.Format(page, 80, bold: false), wide = ManualText.Format(page, 110, bold: false),
            bold = ManualText.Format(page, 80, bold: true);

        Assert.True(wide.Count(c => c == '\n') < narrow.Count(c => c == '\n'));
        Assert.Contains("\e[1mEXAMPLES\e[0m", bold, StringComparison.Ordinal);
        Assert.Equal(narrow, bold.Replace("\e[1m", "", StringComparison.Ordinal).Replace("\e[0m", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Help_is_reached_in_every_usual_way_and_is_plain_where_it_is_piped()
    {
        Ddm.Result help = Ddm.Run("validate", "--help");

        Assert.Equal(ExitCode.Done, help.Code);
        Assert.Equal(ManualText.Format(ManualPage.For(VerbDescription.Find("validate")!), 80, bold: false), help.Output);
        Assert.Equal(help, Ddm.Run("help", "validate"));
        Assert.Equal(help, Ddm.Run("validate", "-h"));
        Assert.Equal(help, Ddm.Run("validate", "--run", "x", "--epochs", "many", "--help"));
        Assert.Equal(Ddm.Run("--help"), Ddm.Run("help"));
    }

    [Fact]
    public void Help_on_what_is_not_there_is_2_and_names_the_nearest_verb()
    {
        Ddm.Result result = Ddm.Run("help", "valdiate");

        Assert.Equal((ExitCode.BadUsage, ""), (result.Code, result.Output));
        Assert.Contains("Did you mean validate?", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("there is no verb 'trian'. Did you mean train?", "trian", "--run", "x")]
    [InlineData("there is no verb 'eval'. Did you mean evaluate?", "eval")]
    [InlineData("there is no verb 'fly'.\n", "fly")]
    [InlineData("there is no option '--rum'. Did you mean --run?", "train", "--rum", "x")]
    [InlineData("there is no option '--learning_rate'. Did you mean --learning-rate?", "train", "--run", "x", "--learning_rate", "1")]
    [InlineData("there is no option '--epoch'. Did you mean --epochs?", "train", "--run", "x", "--epoch", "1")]
    [InlineData("there is no option '--zzz'.\n", "train", "--run", "x", "--zzz", "1")]
    [InlineData("--epochs: found 'many', expected a whole number.", "train", "--run", "x", "--epochs", "many")]
    [InlineData("a verb is required.")]
    public void What_is_mistyped_is_named_with_the_nearest_that_there_is(string says, params string[] arguments)
    {
        string error = UsageErrors.Explain(arguments.FirstOrDefault(), CommandLineReader.Read(arguments).Faults) + "\n";

        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Contains("--help` describes the usage.", error, StringComparison.Ordinal);
    }
}
