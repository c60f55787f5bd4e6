using System.IO.Compression;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>The dotnet tool, packed from this build, installed, and used as its users use it.</summary>
public sealed class ToolPackageTests : IDisposable
{
    private const string Data = "generated:classes=2,per-class=12,test-per-class=6,size=8,clusters=2";

    private static readonly string[] Systems = ["linux-x64", "linux-arm64", "linux-musl-x64", "linux-musl-arm64", "win-x64", "win-arm64",
        "osx"];

    private static readonly Dictionary<string, string> Quiet = new() { ["DOTNET_NOLOGO"] = "1", ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1" };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddm-tool-").FullName;

    /// <summary>The source tree.</summary>
    public static string Root
    {
        get
        {
            string folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "DdmNative.sln")))
                folder = Path.GetDirectoryName(folder)!;
            return folder;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public void Packed_and_installed_it_does_a_job_from_end_to_end()
    {
        Skip.If(Shell.Find("bash") is null, "bash is not installed");
        string packages = Path.Combine(_folder, "packages");
        string package = Succeeds(Root, "bash", "build/pack.sh", packages, "--no-build").Trim();
        Holds(package);
        // From this folder alone: nothing else of the name can be meant.
        Succeeds(_folder, "dotnet", "tool", "install", "--tool-path", Path.Combine(_folder, "tool"), "--source", packages, "DdmNative");
        string ddm = Path.Combine(_folder, "tool", "ddm");

        Assert.Equal($"ddm {ProgramVersion.Text}\n", Succeeds(_folder, ddm, "--version"));
        Assert.Contains("ilgpu:cpu", Succeeds(_folder, ddm, "devices"), StringComparison.Ordinal);
        Succeeds(
            _folder, ddm, "train", "--run", "ilgpu", "--data", "generated:classes=2,per-class=4,test-per-class=2,size=8",
            "--width", "4", "--depth", "1", "--epochs", "1", "--device", "ilgpu:cpu");
        Succeeds(_folder, ddm, "train", "--run", "run", "--data", Data, "--width", "4", "--depth", "2", "--epochs", "1");
        Succeeds(_folder, ddm, "attribute", "--run", "run", "--clusters", "2", "--mode", "repair");

        // The pictures are SkiaSharp's, by the native library that came with the package; the page's script is ECharts, embedded.
        Assert.All((string[])["attribution.csv", "synset.png", "report.html"],
            file => Assert.True(File.Exists(Path.Combine(_folder, "run", file)), file));
        string job = Path.Combine(_folder, "job.json");
        File.WriteAllText(job, $$"""{ "data": { "source": "{{Data}}" } }""");
        Ddm.Result timing = Shell.Run(_folder, Quiet, ddm, "run", job, "--run", "timed", "--compare-pytorch");
        Assert.Equal(ExitCode.BadUsage, timing.Code);
        Assert.Contains("run ddm from its source tree", timing.Error, StringComparison.Ordinal);
    }

    /// <summary>What a package must hold, and no more than it need.</summary>
    private static void Holds(string package)
    {
        using ZipArchive zip = ZipFile.OpenRead(package);
        string[] names = [.. zip.Entries.Select(entry => entry.FullName)];
        Assert.Equal(Systems.Order(),
            names.Where(name => name.Contains("/runtimes/", StringComparison.Ordinal))
            .Select(name => name.Split("/runtimes/")[1].Split('/')[0]).Distinct().Order());
        Assert.Contains("README.md", names);
        Assert.Contains("LICENSE", names);
        Assert.Contains("third_party/echarts/LICENSE", names);
        Assert.Contains("third_party/ilgpu/LICENSE", names);
        Assert.Contains("tools/net10.0/any/DdmNative.Compute.pdb", names);
        Assert.DoesNotContain(names, name => name.EndsWith(".xml", StringComparison.Ordinal)
            && name.StartsWith("tools/net10.0/any/DdmNative.", StringComparison.Ordinal));
        Assert.DoesNotContain(names, name => name.EndsWith(".pdb", StringComparison.Ordinal)
            && name.Contains("/runtimes/", StringComparison.Ordinal));
        Assert.InRange(new FileInfo(package).Length, 1, 64 << 20);
        ZipArchiveEntry specification = zip.GetEntry("DdmNative.nuspec")!;
        using var reader = new StreamReader(specification.Open());
        string text = reader.ReadToEnd();
        Assert.Contains("<license type=\"expression\">MIT</license>", text, StringComparison.Ordinal);
        Assert.Contains("<packageType name=\"DotnetTool\" />", text, StringComparison.Ordinal);
    }

    private static string Succeeds(string folder, string program, params string[] arguments)
    {
        Ddm.Result result = Shell.Run(folder, Quiet, program, arguments);
        Assert.True(result.Code == 0, $"{program} {string.Join(' ', arguments)}: {result.Code}\n{result.Output}{result.Error}");
        return result.Output;
    }
}
