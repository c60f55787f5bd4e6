using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>build/style.sh names every fault of a source tree, and nothing else.</summary>
public sealed class StyleScriptTests : IDisposable
{
    private static readonly Dictionary<string, string> Author = new()
    {
        ["GIT_AUTHOR_NAME"] = "a", ["GIT_AUTHOR_EMAIL"] = "a@b", ["GIT_COMMITTER_NAME"] = "a", ["GIT_COMMITTER_EMAIL"] = "a@b",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddm-style-").FullName;

    public StyleScriptTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "build"));
        foreach (string file in (string[])["build/style.sh", "build/style-words.txt"])
            File.Copy(Path.Combine(ToolPackageTests.Root, file), Path.Combine(_folder, file));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public void Long_lines_are_named_and_those_that_may_be_long_are_not()
    {
        // 140 characters, of which some have several bytes.
        string most = new string('a', 138) + "…≤";
        Write("src/A.cs", $"{most}\n{most}b\n");
        Write("docs/a.md", $"| {most}b |\n[text](https://example.org/{most})\n- <https://example.org/{most}>\nA sentence {most}\n");
        Write("third_party/a.js", most + "b\n");
        Write("examples/a.json", most + "b\n");

        Assert.Equal(["src/A.cs:2: longer than 140 characters", "docs/a.md:4: longer than 140 characters"], Faults());
    }

    [SkippableFact]
    public void Words_that_are_not_to_be_used_are_named_with_the_plain_ones()
    {
        Write("src/Part/A.cs", "// Mend it.\n// amended, recommend\n");
        Write("docs/a.md", "This is unsaid.\n");
        Write("tests/A.cs", "// Mend it.\n");

        Assert.Equal(
            ["docs/a.md:1: \"unsaid\": write \"not specified\"", "src/Part/A.cs:1: \"mend\": write \"fix\""], Faults());
    }

    [SkippableFact]
    public void Long_subjects_of_new_commits_are_named()
    {
        Write("src/A.cs", "//\n");
        Assert.Empty(Faults());
        Git("commit", "-qm", new string('a', 73));
        Git("update-ref", "refs/remotes/origin/HEAD", "HEAD");
        Git("commit", "-qm", new string('b', 71) + "…", "--allow-empty");
        Assert.Empty(Faults());
        Git("commit", "-qm", new string('c', 73), "--allow-empty");

        Assert.Matches("^commit [0-9a-f]+: a subject longer than 72 characters$", Assert.Single(Faults()));
    }

    private void Write(string file, string text)
    {
        string path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    /// <summary>The faults of all files of the folder, which are added to git.</summary>
    private string[] Faults()
    {
        Skip.If(Shell.Find("bash") is null || Shell.Find("git") is null, "bash or git is not installed");
        Git("init", "-q");
        Git("add", "-A");
        Ddm.Result result = Shell.Run(_folder, Author, "bash", "build/style.sh");
        string[] faults = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(result.Code == (faults.Length == 0 ? 0 : 1), result.Output + result.Error);
        return faults;
    }

    private void Git(params string[] arguments)
    {
        Ddm.Result result = Shell.Run(_folder, Author, "git", arguments);
        Assert.True(result.Code == 0, result.Output + result.Error);
    }
}
