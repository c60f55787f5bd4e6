using System.Text.RegularExpressions;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>
/// <c>build/container/Dockerfile</c>, by its instructions: no image can be built where this is tested. docs/install.md says what else was
/// checked, and how.
/// </summary>
[Collection(Commands.Name)]
public sealed partial class ContainerFileTests(RunFiles files)
{
    private static readonly string Root = ToolPackageTests.Root;

    private static readonly (string Name, string Words)[] Instructions = Read(Path.Combine(Root, "build", "container", "Dockerfile"));

    [Fact]
    public void Base_images_are_pinned_by_a_tag()
    {
        string[] images = [.. Of("ARG").Where(rest => rest.Contains("_IMAGE=", StringComparison.Ordinal))
            .Select(rest => rest.Split('=')[1])];

        Assert.Equal(2, images.Length);
        Assert.All(images, image => Assert.Matches(@"^[a-z./]+:10\.0-[a-z]+$", image));
        string[] stages = [.. Of("FROM").Select(rest => Stage().Match(rest).Groups["name"].Value)];
        Assert.All(Of("FROM").Select(rest => Stage().Match(rest).Groups["from"].Value),
            from => Assert.True(from is "${SDK_IMAGE}" or "${RUNTIME_IMAGE}" || stages.Contains(from), from));
        Assert.Contains("cpu", stages);
        Assert.Contains("cuda", stages);
    }

    [Fact]
    public void It_runs_as_a_user_without_rights_directly_as_process_1()
    {
        Assert.Equal("${USER_ID}:${USER_ID}", Assert.Single(Of("USER")));
        Assert.Contains(Of("ARG"), rest => Regex.IsMatch(rest, "^USER_ID=[1-9][0-9]*$"));
        Assert.Equal("[\"ddm\"]", Assert.Single(Of("ENTRYPOINT")));
        Assert.Equal("NONE", Assert.Single(Of("HEALTHCHECK")));
        Assert.Equal("[\"/data\", \"/runs\"]", Assert.Single(Of("VOLUME")));
        Assert.Contains(Of("ENV"), rest => rest.Contains("NVIDIA_VISIBLE_DEVICES=all", StringComparison.Ordinal)
            && rest.Contains("NVIDIA_DRIVER_CAPABILITIES=compute,utility", StringComparison.Ordinal));
        Assert.All((string[])["title", "description", "licenses", "version", "revision"],
            label => Assert.Contains($"org.opencontainers.image.{label}=", Assert.Single(Of("LABEL")), StringComparison.Ordinal));
        Assert.Contains($"VERSION={ProgramVersion.Text}", Of("ARG"));
    }

    [Fact]
    public void What_the_restore_needs_is_copied_before_it_and_is_there()
    {
        string[] copied = [.. Of("COPY").Where(rest => !rest.StartsWith("--from", StringComparison.Ordinal) && rest != ". .")
            .SelectMany(rest => rest.Split(' ')[..^1])];

        Assert.All(copied, path => Assert.True(File.Exists(Path.Combine(Root, path)), path));
        Assert.Equal(Projects("src/DdmNative.Cli/DdmNative.Cli.csproj").Distinct().Order(),
            copied.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal)).Order());
        Assert.Contains("Directory.Packages.props", copied);
        Assert.Contains("global.json", copied);
    }

    [Fact]
    public void Nothing_that_the_build_reads_is_left_out_of_the_context()
    {
        string[] kept = [.. File.ReadAllLines(Path.Combine(Root, "build", "container", "Dockerfile.dockerignore"))
            .Where(line => line.StartsWith('!')).Select(line => line[1..])];
        bool Kept(string path)
            => kept.Any(pattern => Regex.IsMatch(path,
                "^" + Regex.Escape(pattern).Replace("\\*", "[^/]*", StringComparison.Ordinal) + "(/|$)"));

        Assert.All((string[])["global.json", "Directory.Build.props", "Directory.Packages.props", "CMakeLists.txt", "LICENSE",
            "build/kernels.sh", "build/ptx-lint.cmake", "build/GpuPackages.props", "kernels/Convolution.cu",
            "third_party/echarts/echarts.common.min.js", "src/DdmNative.Cli/Program.cs"], path =>
        {
            Assert.True(File.Exists(Path.Combine(Root, path)), path);
            Assert.True(Kept(path), path);
        });
        Assert.All((string[])["runs/mine", "artifacts/ptx", ".git/config", "tests/golden"], path => Assert.False(Kept(path), path));
    }

    /// <summary>The kernel gives process 1 no default actions for signals; a container's ddm must have its own.</summary>
    [SkippableFact]
    public void As_process_1_it_keeps_what_is_finished_at_SIGTERM_and_exits_with_6()
    {
        Skip.If(Shell.Find("unshare") is null
            || Shell.Run(files.Root, new Dictionary<string, string>(), "unshare", "--pid", "--fork", "--mount-proc", "true").Code != 0,
                "this user may not make a namespace of processes");
        string run = files.PathOf("process-1");

        Ddm.Result result = Shell.Run(files.Root, new Dictionary<string, string>(), "bash", "-c", $$"""
            unshare --pid --fork --mount-proc dotnet '{{Path.Combine(AppContext.BaseDirectory, "ddm.dll")}}' train --run '{{run}}' \
                --data generated:classes=3,per-class=400,test-per-class=10,size=16 --epochs 200 2> errors &
            outside=$!
            for i in {1..600}; do grep -q '^train:' errors && break; sleep 0.1; done
            kill -TERM $(< /proc/$outside/task/$outside/children)
            wait $outside
            echo $?
            cat errors >&2
            """);

        Assert.True(result.Output == "6\n", result.Output + result.Error);
        Assert.Contains("the same command resumes", result.Error, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Of(string instruction)
        => Instructions.Where(one => one.Name == instruction).Select(one => one.Words);

    /// <summary>A project and those it refers to in an ordinary build.</summary>
    private static IEnumerable<string> Projects(string project)
    {
        string text = OptInItems().Replace(File.ReadAllText(Path.Combine(Root, project)), "");
        IEnumerable<string> referred = Reference().Matches(text)
            .Select(match => Path.GetRelativePath(Root,
                Path.GetFullPath(Path.Combine(Root, Path.GetDirectoryName(project)!, match.Groups["path"].Value))));
        return referred.SelectMany(Projects).Prepend(project);
    }

    /// <summary>Comments dropped, continued lines joined.</summary>
    private static (string Name, string Words)[] Read(string path)
    {
        IEnumerable<string> lines = File.ReadAllLines(path).Where(line => !line.StartsWith('#') && line.Trim().Length > 0);
        return [.. Continued().Replace(string.Join('\n', lines), " ").Split('\n').Select(line => line.Split(' ', 2))
            .Select(words => (words[0], words[1].Trim()))];
    }

    [GeneratedRegex(@"^(--platform=\S+ )?(?<from>\S+) AS (?<name>\S+)$")]
    private static partial Regex Stage();

    [GeneratedRegex(@"\s*\\\n\s*")]
    private static partial Regex Continued();

    [GeneratedRegex(@"<ItemGroup Condition=.*?</ItemGroup>", RegexOptions.Singleline)]
    private static partial Regex OptInItems();

    [GeneratedRegex("<ProjectReference Include=\"(?<path>[^\"]+)\"")]
    private static partial Regex Reference();
}
