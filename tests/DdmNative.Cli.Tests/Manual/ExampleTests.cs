using DdmNative.Attribution.Formats;
using DdmNative.Cli.Manual;
using Xunit;

namespace DdmNative.Cli.Tests.Manual;

/// <summary>What the pages tell people to type, typed into a shell.</summary>
[Collection(ManualCommands.Name)]
public sealed class ExampleTests(RunFiles files)
{
    /// <summary>
    /// What stands in an example that takes long, or a machine that is not everybody's: those are read by the parser alone.
    /// </summary>
    private static readonly string[] Dear = ["cuda", "--train-per-class 400", "--methods head,trak,influence", "ddm experiment",
        "--method all", "--rounds", "--seeds 2", "generated --clusters", "data fetch", "data verify", "--data /"];

    /// <summary>In the overview's order, which is that of the work.</summary>
    private static readonly string[] Pages = [ManualSource.Overview,
        .. ManualSource.Find(ManualSource.Overview)!.VerbSections.SelectMany(section => section.Names)];

    private static IEnumerable<string> Lines
        => Pages.SelectMany(page => ManualSource.Find(page)!.Under(ManualSource.Examples)).OfType<ExampleLine>().Select(line => line.Text);

    [SkippableFact]
    public void Every_example_is_understood()
    {
        Skip.If(Shell.Find("bash") is null, "bash is not installed");
        string folder = Folder("understood"), log = Path.Combine(folder, "log");

        Ddm.Result result = Bash(folder, $$"""
            ddm() { printf '%s\0' "$@" '' >> '{{log}}'; printf '\n' >> '{{log}}'; }
            {{string.Join('\n', Lines)}}
            """);

        Assert.True(result.Code == 0, result.Error);
        string[][] commands = [.. File.ReadAllText(log).Split("\0\0\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(command => command.Split('\0'))];
        Assert.Equal(Lines.Sum(line => line.Split("ddm ").Length - 1), commands.Length);
        Assert.All(commands.Where(command => !command.Contains("--help")), command =>
        {
            (Verbs.VerbOptions? verb, IReadOnlyList<string> faults) = CommandLineReader.Read(command);
            Assert.True(verb is not null, $"ddm {string.Join(' ', command)}: {UsageErrors.Explain(command[0], faults)}");
        });
    }

    [SkippableFact]
    public void Examples_do_what_they_say_at_a_small_size()
    {
        Skip.If(Shell.Find("bash") is null, "bash is not installed");
        string folder = Folder("done");
        foreach (string run in (string[])["mine", "seed-2"])
            Copy(files.Whole, Path.Combine(folder, "runs", run));
        File.Copy(files.Job, Path.Combine(folder, "job.json"));
        File.WriteAllText(Path.Combine(folder, "sources.csv"),
            "sample,group\n" + string.Concat(Enumerable.Range(0, 24).Select(sample => $"{sample},source {sample % 6}\n")));
        WriteImages(Path.Combine(folder, "fashion-mnist"));
        WriteFeatures(Path.Combine(folder, "features.npz"));

        Ddm.Result result = Bash(folder, $$"""
            set -e
            ddm() { dotnet '{{Path.Combine(AppContext.BaseDirectory, "ddm.dll")}}' "$@" || { echo "failed with $?: ddm $*" >&2; exit 1; }; }
            {{string.Join('\n', Lines.Where(line => !Dear.Any(words => line.Contains(words, StringComparison.Ordinal))))}}
            """);

        Assert.True(result.Code == 0, result.Error);
        Assert.All((string[])["runs/toy/target.safetensors", "runs/mine/synset.png", "runs/mine/attribution.csv", "runs/job-2/report.html",
            "runs/mine/evaluation.md", "runs/mine/unlearned.safetensors",
            "man/man1/ddm-attribute.1", ".config/fish/completions/ddm.fish"],
            path => Assert.True(File.Exists(Path.Combine(folder, path)), path));
    }

    private static Ddm.Result Bash(string folder, string script)
        => Shell.Run(folder, new Dictionary<string, string> { ["HOME"] = folder }, "bash", "-c",
            "man() { :; }; chromium() { :; }; less() { cat; };\n" + script);

    private string Folder(string name)
    {
        string folder = files.PathOf("examples-" + name);
        Directory.CreateDirectory(folder);
        return folder;
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string path = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Copy(file, path);
        }
    }

    /// <summary>Three classes with eight rows of features each, to train on and to test on.</summary>
    private static void WriteFeatures(string path)
    {
        const int Classes = 3, Rows = 24, Columns = 4;
        int[] labels = [.. Enumerable.Range(0, Rows).Select(row => row % Classes)];
        float[] values = [.. Enumerable.Range(0, Rows * Columns).Select(i => labels[i / Columns] == i % Columns ? 1 + i % 7 : i % 5f)];
        (NpyArray x, NpyArray y) = (new NpyArray(values, Rows, Columns), new NpyArray(labels, Rows));
        Npz.Write(path, ("x", x), ("y", y), ("x_test", x), ("y_test", y));
    }

    /// <summary>Three classes with eight images each, to train on and to test on.</summary>
    private static void WriteImages(string folder)
    {
        const int Classes = 3, Images = 24, Size = 8;
        Directory.CreateDirectory(folder);
        foreach (string split in (string[])["train", "test"])
        {
            int[] labels = [.. Enumerable.Range(0, Images).Select(image => image % Classes)];
            byte[] pixels = [.. Enumerable.Range(0, Images * Size * Size)
                .Select(i => (byte)(80 * labels[i / (Size * Size)] + i * 37 % 64))];
            Npz.Write(Path.Combine(folder, split + ".npz"), ("x", new NpyArray(pixels, Images, 1, Size, Size)),
                ("y", new NpyArray(labels, Images)));
        }
    }
}
