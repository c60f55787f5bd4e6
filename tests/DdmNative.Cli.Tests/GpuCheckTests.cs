using System.Text.RegularExpressions;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>
/// <c>build/gpu-check.sh</c> rehearsed on the emulator, from a folder laid out as <c>build/gpu-pack.sh</c> lays out <c>.gpu</c>, with no
/// <c>dotnet</c> on the path. The programs in the archive are links to this build's; the whole pack, which takes minutes, is made where
/// DDMTEST_GPU_PACK is 1.
/// </summary>
[Collection(CudaCommands.Name)]
public sealed partial class GpuCheckTests(RunFiles files) : IDisposable
{
    private const string WholePackVariable = "DDMTEST_GPU_PACK";

    /// <summary>One case of each method, or two, and time enough for the busiest machine.</summary>
    private static readonly string[] Small = ["--small", "--sample", "400", "--minutes", "60"];

    private static readonly (string Project, string Program)[] Programs =
        [("src/DdmNative.Cli", "ddm"), ("tests/DdmNative.GpuCheck", "gpu-check")];

    private readonly string _folder = Directory.CreateDirectory(files.PathOf("gpu-check-" + Path.GetRandomFileName())).FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public void Facts_conformance_and_a_job_are_ok_on_the_emulator()
    {
        CudaMachine.RequireEmulator();

        Ddm.Result result = Check(LayOut(), [], [.. Small, "facts,conformance,job"]);

        Assert.True(result.Code == 0, result.Output + result.Error);
        Dictionary<string, string> verdicts = Verdicts(result);
        Assert.Equal(["conformance", "facts", "job", "unpack"], verdicts.Keys.Order());
        Assert.All(verdicts.Values, verdict => Assert.StartsWith("OK: ", verdict, StringComparison.Ordinal));
        Assert.Matches("[1-9][0-9]* passed, 0 failed", verdicts["conformance"]);
        Assert.Matches("[1-9][0-9]* files the same", verdicts["job"]);
        Assert.Equal(
            ["conformance.json", "facts.json", "job.json", "profile.json", "verdicts.json"],
            Directory.EnumerateFiles(Path.Combine(_folder, "out")).Select(file => Path.GetFileName(file)).Order());
    }

    [SkippableFact]
    public void What_this_machine_lacks_is_skipped_with_the_reason()
    {
        CudaMachine.RequireEmulator();

        Ddm.Result result = Check(LayOut(), [], "--small", "sanitizer,ncu");

        Assert.True(result.Code == 0, result.Output + result.Error);
        Assert.All((string[])["sanitizer", "ncu"], phase => Assert.Matches("^skipped: .*emulator", Verdicts(result)[phase]));
    }

    [SkippableFact]
    public void Without_a_driver_every_phase_fails_and_says_why()
    {
        Ddm.Result result = Check(
            LayOut(), new() { ["DDM_CUDA_DRIVER"] = "/nonexistent/libcuda.so.1" }, [.. Small, "facts,conformance,sanitizer,job,bench,ncu"]);

        Assert.Equal(1, result.Code);
        Dictionary<string, string> verdicts = Verdicts(result);
        Assert.Equal(7, verdicts.Count);
        Assert.All(verdicts.Where(entry => entry.Key != "unpack"), entry => Assert.Matches("^FAILED: .*/nonexistent", entry.Value));
    }

    [SkippableFact]
    public void A_damaged_archive_is_told_and_no_phase_is_left_out()
    {
        string pack = LayOut();
        string archive = Path.Combine(pack, "app.tar.xz");
        byte[] bytes = File.ReadAllBytes(archive);
        File.WriteAllBytes(archive, bytes[..(bytes.Length / 2)]);

        Ddm.Result result = Check(pack, [], [.. Small, "facts,conformance,job"]);

        Assert.Equal(1, result.Code);
        Dictionary<string, string> verdicts = Verdicts(result);
        Assert.Matches("^FAILED: .*app.tar.xz is damaged", verdicts["unpack"]);
        Assert.All((string[])["facts", "conformance", "job"], phase => Assert.Matches("^FAILED: .*could not be unpacked", verdicts[phase]));
    }

    [SkippableFact]
    public void Kernels_that_do_not_load_fail_each_phase_with_the_drivers_reason()
    {
        CudaMachine.RequireEmulator();
        string broken = PtxWith(ptx => ptx.Replace("ret;", "return;", StringComparison.Ordinal));

        Ddm.Result result = Check(LayOut(), new() { ["DDM_CUDA_PTX"] = broken }, [.. Small, "facts,conformance,job"]);

        Assert.Equal(1, result.Code);
        Dictionary<string, string> verdicts = Verdicts(result);
        Assert.All((string[])["facts", "conformance", "job"], phase => Assert.Matches("^FAILED: .*(PTX|ptx)", verdicts[phase]));
    }

    [SkippableFact]
    public void A_kernel_that_computes_something_else_fails_conformance_and_the_job()
    {
        CudaMachine.RequireEmulator();
        // ReLUs that keep what is negative; maxima that are minima.
        string changed = PtxWith(ptx => ptx.Replace("max.f32", "min.f32", StringComparison.Ordinal)
            .Replace("setp.gt.f32", "setp.lt.f32", StringComparison.Ordinal));

        Ddm.Result result = Check(LayOut(), new() { ["DDM_CUDA_PTX"] = changed }, [.. Small, "conformance,job"]);

        Assert.Equal(1, result.Code);
        Dictionary<string, string> verdicts = Verdicts(result);
        Assert.Matches("^FAILED: [1-9][0-9]* passed, [1-9][0-9]* failed.*; first .+: .+", verdicts["conformance"]);
        Assert.Matches("^FAILED: .*from the CPU", verdicts["job"]);
    }

    [SkippableFact]
    public void An_unknown_phase_is_wrong_usage()
    {
        Ddm.Result result = Check(LayOut(), [], "facts,conformity");

        Assert.Equal(2, result.Code);
        Assert.Contains("unknown phase 'conformity'; expected some of facts conformance", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_whole_pack_is_small_and_does_the_same()
    {
        Skip.If(
            Environment.GetEnvironmentVariable(WholePackVariable) != "1",
            $"Publishing and packing take minutes: {WholePackVariable}=1 runs this test.");
        CudaMachine.RequireEmulator();
        string pack = Path.Combine(_folder, "pack");
        Ddm.Result packed = Shell.Run(ToolPackageTests.Root, new Dictionary<string, string>(), "bash", "build/gpu-pack.sh");
        Assert.True(packed.Code == 0, packed.Output + packed.Error);
        Succeeds("cp", "-r", Path.Combine(ToolPackageTests.Root, ".gpu"), pack);
        string[] packedFiles = Directory.GetFiles(pack, "*", SearchOption.AllDirectories);
        Assert.InRange(packedFiles.Sum(file => new FileInfo(file).Length), 1, 45_000_000);

        Ddm.Result result = Check(pack, new() { ["DOTNET_ROOT"] = "/nonexistent" }, [.. Small, "facts,conformance,job,bench"]);

        Assert.True(result.Code == 0, result.Output + result.Error);
        Assert.All(Verdicts(result).Values, verdict => Assert.StartsWith("OK: ", verdict, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^VERDICT (\S+) (.*)$", RegexOptions.Multiline)]
    private static partial Regex Verdict();

    /// <summary>By phase: the word, the figure or reason.</summary>
    private static Dictionary<string, string> Verdicts(Ddm.Result result)
        => Verdict().Matches(result.Output).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

    private static void Succeeds(string program, params string[] arguments)
    {
        Ddm.Result result = Ddm.Finish(program, arguments);
        Assert.True(result.Code == 0, $"{program} {string.Join(' ', arguments)}: {result.Code}\n{result.Output}{result.Error}");
    }

    /// <summary>A folder such as build/gpu-pack.sh makes, with links to this build's programs in its archive.</summary>
    private string LayOut()
    {
        string[] missing = [.. ((string[])["bash", "python3", "xz"]).Where(program => Shell.Find(program) is null)];
        Skip.If(missing.Length > 0, $"not installed: {string.Join(", ", missing)}");
        string pack = Directory.CreateDirectory(Path.Combine(_folder, "pack")).FullName;
        string app = Directory.CreateDirectory(Path.Combine(_folder, "app")).FullName;
        string root = ToolPackageTests.Root;
        foreach ((string project, string program) in Programs)
            File.CreateSymbolicLink(Path.Combine(app, program), Path.Combine(root, project, BuildFolder, program));
        Succeeds("tar", "-C", _folder, "-cJf", Path.Combine(pack, "app.tar.xz"), "app");
        Succeeds("cp", "-r", Path.Combine(root, "build/gpu-check.sh"), Path.Combine(root, "build/gpu"), pack);
        return pack;
    }

    /// <summary>bin/Release/net10.0, as this test was built.</summary>
    private static string BuildFolder
    {
        get
        {
            string[] parts = AppContext.BaseDirectory.TrimEnd('/').Split('/');
            return string.Join('/', parts[^3..]);
        }
    }

    /// <summary>A folder with this build's PTX for the emulated device (compute capability 8.0), changed.</summary>
    private string PtxWith(Func<string, string> change)
    {
        string built = Path.Combine(ToolPackageTests.Root, "artifacts/ptx"), families = Path.Combine(built, "sm_80");
        string[] modules = Directory.Exists(families) ? Directory.GetFiles(families, "*.ptx")
            : Directory.Exists(built) ? Directory.GetFiles(built, "*_sm_80.ptx") : [];
        Skip.If(modules.Length == 0, "The kernels are not compiled: there is no CUDA compiler.");
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "ptx")).FullName;
        bool isChanged = false;
        foreach (string module in modules)
        {
            string before = File.ReadAllText(module), after = change(before);
            isChanged |= after != before;
            File.WriteAllText(Path.Combine(folder, Path.GetFileName(module)), after);
        }
        Assert.True(isChanged, "the change finds nothing in the PTX");
        return folder;
    }

    private Ddm.Result Check(string pack, Dictionary<string, string> environment, params string[] arguments)
    {
        var all = new Dictionary<string, string>
        {
            ["OUT"] = Path.Combine(_folder, "out"), ["WORK"] = Path.Combine(_folder, "work"), ["GPU"] = "", ["PATH"] = PathWithoutDotnet(),
            ["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "../../..")),
        };
        foreach ((string name, string value) in environment)
            all[name] = value;
        return Shell.Run(_folder, all, "bash", [Path.Combine(pack, "gpu-check.sh"), .. arguments]);
    }

    /// <summary>A folder with links to all programs of the path but dotnet.</summary>
    private string PathWithoutDotnet()
    {
        string folder = Path.Combine(_folder, "bin");
        if (Directory.Exists(folder))
            return folder;
        Directory.CreateDirectory(folder);
        string[] folders = [.. Environment.GetEnvironmentVariable("PATH")!.Split(':').Where(Directory.Exists)];
        foreach (string program in folders.SelectMany(Directory.EnumerateFiles))
        {
            string link = Path.Combine(folder, Path.GetFileName(program));
            if (Path.GetFileName(program) != "dotnet" && !File.Exists(link))
                File.CreateSymbolicLink(link, program);
        }
        return folder;
    }
}
