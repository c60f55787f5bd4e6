using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using DdmNative.Attribution.Formats;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>What comes from elsewhere and goes there, as people call it: networks, forgotten groups, data sets, tables.</summary>
[Collection(Commands.Name)]
public sealed class InterchangeTests(RunFiles files)
{
    private const string Data = "generated:classes=3,per-class=12,test-per-class=6,size=8,clusters=2";

    [Fact]
    public void A_network_from_PyTorch_is_attributed_and_forgets()
    {
        string run = files.PathOf("theirs"), copy = files.PathOf("forgot.safetensors");
        Ddm.Result trained = Done("train", "--run", run, "--data", Data, "--target", Golden(), "--mean", "0.3", "--std", "0.2", "--epochs",
            "2");
        Assert.Contains("import checkpoint_sequential.safetensors", trained.Error, StringComparison.Ordinal);

        Ddm.Result refused = Ddm.Run("attribute", "--run", run, "--clusters", "2", "--mode", "controlled-replay");
        Assert.Equal(ExitCode.BadInput, refused.Code);
        Assert.Contains("--trajectory DIR", refused.Error, StringComparison.Ordinal);
        Done("attribute", "--run", run, "--clusters", "2", "--depth", "head");

        Ddm.Result forgot = Done("unlearn", "--run", run, "--forget", "class=1,cluster=0", "group=5", "--method", "head", "--out", copy,
            "--json");

        SafetensorsContents model = Safetensors.Read(copy);
        Assert.Equal("2,5", model.Metadata["groups"]);
        Assert.Equal(("0.3", "0.2"), (model.Metadata["mean"], model.Metadata["std"]));
        Assert.Equal(File.ReadAllBytes(Path.Combine(run, "unlearned.safetensors")), File.ReadAllBytes(copy));
        using var result = JsonDocument.Parse(forgot.Output);
        JsonElement unlearned = result.RootElement.GetProperty("unlearned");
        Assert.Equal(36, unlearned.GetProperty("forgotten_images").GetInt32() + unlearned.GetProperty("kept_images").GetInt32());
        foreach (string part in new[] { "forgotten", "kept", "test" })
            Assert.NotEqual(unlearned.GetProperty(part + "_loss_before").GetDouble(), unlearned.GetProperty(part + "_loss").GetDouble());
        Assert.Contains("To forget: 2 (class 1, cluster 0: ", forgot.Error, StringComparison.Ordinal);
        Assert.Contains("Before and after forgetting", Done("unlearn", "--run", run, "--remove", "2,5", "--method", "head").Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_fits_no_group_is_3_and_says_what_there_is()
    {
        Ddm.Result result = Ddm.Run("unlearn", "--run", files.PathOf("none"), "--data", Data, "--clusters", "2", "--forget", "class=7");

        // --clusters belongs to other verbs: the groups are those of the run, here the default's.
        Assert.Equal(ExitCode.BadUsage, result.Code);
        result = Ddm.Run("unlearn", "--run", files.PathOf("none"), "--data", Data, "--forget", "class=7");
        Assert.Equal(ExitCode.BadInput, result.Code);
        Assert.Contains("classes 0, 1, 2", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fetched_set_is_found_by_its_name()
    {
        string mirror = Directory.CreateDirectory(files.PathOf("mirror")).FullName, cache = files.PathOf("cache");
        string[] names = ["train.npz", "test.npz"];
        foreach (string name in names)
            Npz.Write(Path.Combine(mirror, name),
                ("x", new NpyArray(Enumerable.Range(0, 16 * 64).Select(i => (byte)(i * 37)).ToArray(), 16, 8, 8)),
                ("y", new NpyArray(Enumerable.Range(0, 16).Select(n => n % 2).ToArray(), 16)));
        File.WriteAllLines(Path.Combine(mirror, "SHA256SUMS"),
            names.Select(name => $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(mirror, name))))}  {name}"));
        var environment = new Dictionary<string, string> { ["DDM_DATA"] = cache };

        Ddm.Result fetched = Ddm.Run(environment, "data", "fetch", "small", "--mirror", mirror);
        Assert.True(fetched.Code == 0, fetched.Error);
        Assert.Contains("--data small", fetched.Output, StringComparison.Ordinal);
        Assert.Contains("2 files match", Ddm.Run(environment, "data", "verify", "small").Output, StringComparison.Ordinal);
        Assert.Contains($"Cache: {cache}", Ddm.Run(environment, "data", "list").Output, StringComparison.Ordinal);
        Ddm.Result trained = Ddm.Run(environment, "train", "--run", files.PathOf("by name"), "--data", "small", "--width", "4", "--depth",
            "1", "--epochs", "1");
        Assert.True(trained.Code == 0, trained.Error);

        File.AppendAllText(Path.Combine(cache, "small", "test.npz"), "x");
        Ddm.Result verified = Ddm.Run(environment, "data", "verify", "small");
        Assert.Equal(ExitCode.BadInput, verified.Code);
        Assert.Contains("test.npz has been changed", verified.Error, StringComparison.Ordinal);
        Assert.Contains("ddm data fetch cifar-10",
            Ddm.Run(environment, "train", "--run", files.PathOf("not there"), "--data", "cifar-10").Error, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("/nowhere/home")]
    [InlineData("home")]
    public void Without_a_home_folder_nothing_is_fetched_into_the_current_one(string home)
    {
        Skip.If(OperatingSystem.IsWindows(), "the folder for caches is another there");
        string mirror = Directory.CreateDirectory(files.PathOf("mirror of one")).FullName;
        File.WriteAllText(Path.Combine(mirror, "a"), "a");
        File.WriteAllText(Path.Combine(mirror, "SHA256SUMS"), $"{Convert.ToHexStringLower(SHA256.HashData("a"u8))}  a\n");
        var environment = new Dictionary<string, string> { ["DDM_DATA"] = "", ["XDG_CACHE_HOME"] = "", ["HOME"] = home };

        Ddm.Result fetched = Ddm.Run(environment, "data", "fetch", "homeless", "--mirror", mirror),
            listed = Ddm.Run(environment, "data", "list");

        Assert.Equal(ExitCode.BadInput, fetched.Code);
        Assert.Contains("DDM_DATA", fetched.Error, StringComparison.Ordinal);
        Assert.Contains(home, fetched.Error, StringComparison.Ordinal);
        Assert.Equal(0, listed.Code);
        Assert.Contains("Cache: none", listed.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(Environment.CurrentDirectory, ".cache")));
        Ddm.Result aside = Ddm.Run(environment, "data", "fetch", "homeless", "--mirror", mirror, "--to", files.PathOf("aside"));
        Assert.True(aside.Code == 0, aside.Error);
    }

    [Fact]
    public void A_report_takes_the_data_from_where_they_are_now()
    {
        string run = files.PathOf("moved data"), old = files.PathOf("old place"), now = files.PathOf("new place");
        Directory.CreateDirectory(old);
        foreach (string name in new[] { "train.npz", "test.npz" })
            Npz.Write(Path.Combine(old, name),
                ("x", new NpyArray(Enumerable.Range(0, 16 * 64).Select(i => (byte)(i * i * 37)).ToArray(), 16, 8, 8)),
                ("y", new NpyArray(Enumerable.Range(0, 16).Select(n => n % 2).ToArray(), 16)));
        Done("attribute", "--run", run, "--data", Path.GetRelativePath(Environment.CurrentDirectory, old), "--clusters", "2", "--method",
            "random", "--samples", "none");
        Directory.Move(old, now);

        Ddm.Result lost = Ddm.Run("report", "--run", run);
        Assert.Equal(ExitCode.BadInput, lost.Code);
        Assert.Contains("--data", lost.Error, StringComparison.Ordinal);
        Done("report", "--run", run, "--data", now);
        Done("report", "--run", run);
    }

    [Fact]
    public void Effects_are_exported_as_tables()
    {
        string parquet = files.PathOf("effects.parquet"), csv = files.PathOf("effects.csv");

        Ddm.Result result = Done("export", "--run", files.Whole, "--parquet", parquet, "--csv", csv);

        Assert.Contains("192 rows", result.Output, StringComparison.Ordinal); // 8 methods, 4 objectives, 6 groups
        Assert.Equal("PAR1"u8, File.ReadAllBytes(parquet).AsSpan()[^4..]);
        Assert.Equal(194, File.ReadAllLines(csv).Length);
    }

    private static Ddm.Result Done(params string[] arguments)
    {
        Ddm.Result result = Ddm.Run(arguments);
        Assert.True(result.Code == 0, result.Error);
        return result;
    }

    private static string Golden([CallerFilePath] string thisFile = "")
        => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "golden", "checkpoint_sequential.safetensors"));
}
