using DdmNative.Cli.Manual;
using Xunit;

namespace DdmNative.Cli.Tests.Manual;

/// <summary>The pages for man, as groff sees them.</summary>
[Collection(ManualCommands.Name)]
public sealed class ManualRoffTests(RunFiles files)
{
    [SkippableFact]
    public void Groff_reads_every_page_without_a_warning_and_shows_what_the_help_shows()
    {
        string? groff = Shell.Find("groff");
        Skip.If(groff is null, "groff is not installed");
        Ddm.Result written = Ddm.Run("help", "--man", files.PathOf("man"));
        Assert.True(written.Code == ExitCode.Done, written.Error);
        string[] pages = written.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(VerbDescription.All.Count + 1, pages.Length);

        foreach (string page in pages)
        {
            Ddm.Result shown = Shell.Run(files.Root, new Dictionary<string, string>(), groff, "-man", "-Kutf8", "-Tutf8", "-ww", "-rLL=78n",
                "-P-cbou", page);

            Assert.Equal((0, ""), (shown.Code, shown.Error));
            string verb = Path.GetFileNameWithoutExtension(page).Replace("ddm-", "", StringComparison.Ordinal);
            if (VerbDescription.Find(verb) is VerbDescription description)
                Assert.All(description.Options, option => Assert.Contains("--" + option.Name, shown.Output, StringComparison.Ordinal));
            Assert.Contains("EXIT STATUS", shown.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_roff_would_take_for_its_own_is_escaped()
    {
        var page = new ManualPage("ddm-x", "s", ["ddm x"],
            [new ManualSection("Files", [new Paragraph(".TH 'a' \\fB `b` --c"), new ExampleLine("'start \"quoted\"")])]);

        string roff = ManualRoff.Format(page, "1.2.3");

        Assert.Contains("\n\\&.TH \\(aqa\\(aq \\efB \\(gab\\(ga \\-\\-c\n", roff, StringComparison.Ordinal);
        Assert.Contains("\n\\(aqstart \\(dqquoted\\(dq\n", roff, StringComparison.Ordinal);
    }
}
