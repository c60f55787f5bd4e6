using CommandLine;
using DdmNative.Attribution.Formats;
using DdmNative.Cli.Manual;
using DdmNative.Cli.Output;

namespace DdmNative.Cli.Verbs;

[Verb(Name, HelpText = "Show how ddm or one of its verbs is used, or write the manual pages for man.")]
internal sealed class HelpVerb : VerbOptions
{
    public const string Name = "help";

    [Value(0, MetaName = "VERB", HelpText = "The verb; if it is missing, an overview of all verbs.")]
    public string? Verb { get; set; }

    [Option("man", MetaValue = "DIR",
        HelpText = "Write every page as roff into DIR/man1, and print nothing; `man -M DIR ddm-train` shows one. Default: no files.")]
    public string? ManualFolder { get; set; }

    public override void Execute(CancellationToken stop)
    {
        if (ManualFolder is not null)
            OutputFile.RequireFolder("--man", ManualFolder);
        if (ManualFolder is null)
            Show(Verb);
        else if (Verb is null)
            WriteAll(Path.Combine(ManualFolder, "man1"));
        else
            throw new BadUsageException("--man writes all pages; remove the verb.");
    }

    /// <summary>Shows the page of a verb, or the overview.</summary>
    /// <exception cref="BadUsageException">There is no such verb.</exception>
    public static void Show(string? verb)
    {
        if (verb is null)
            ManualText.Show(ManualPage.Overview());
        else if (VerbDescription.Find(verb) is VerbDescription known)
            ManualText.Show(ManualPage.For(known));
        else
            throw new BadUsageException(UsageErrors.UnknownVerb(verb));
    }

    private static void WriteAll(string folder)
    {
        AtomicFile.MakeFolder(folder);
        foreach (ManualPage page in VerbDescription.All.Select(ManualPage.For).Prepend(ManualPage.Overview()))
        {
            string path = Path.Combine(folder, page.Name + ".1");
            AtomicFile.WriteText(path, ManualRoff.Format(page, ProgramVersion.Text));
            Console.Out.WriteLine(path);
        }
    }
}
