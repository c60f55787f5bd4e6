using System.Text.Json;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;
using Xunit;

namespace DdmNative.Cli.Tests;

[Collection(Commands.Name)]
public sealed class WholeRunTests(RunFiles files)
{
    [Fact]
    public void Json_is_one_object_on_standard_output()
    {
        using var document = JsonDocument.Parse(files.WholeOutput);

        Assert.Single(files.WholeOutput.TrimEnd().Split('\n'));
        Assert.InRange(document.RootElement.GetProperty("test_accuracy").GetDouble(), 0, 1);
        int[] Groups(string list)
            => [.. document.RootElement.GetProperty(list).EnumerateArray().Select(group => group.GetProperty("group").GetInt32())];
        Assert.Equal((3, 3), (Groups("most_helpful").Length, Groups("most_harmful").Length)); // of six, each in one list
        Assert.Equal(Enumerable.Range(0, 6), Groups("most_helpful").Concat(Groups("most_harmful")).Order());
        Assert.Equal("repair", document.RootElement.GetProperty("methods")[0].GetProperty("name").GetString());
        Assert.Contains("train", files.WholeError, StringComparison.Ordinal);
    }

    [Fact]
    public void The_files_are_those_that_are_promised()
    {
        NpzContents attribution = Npz.Read(Path.Combine(files.Whole, "attribution.npz"));
        Assert.Equal([4, 6], attribution["matrix"].Shape);
        Assert.Equal(["loss", "loss:class=0", "loss:class=1", "loss:class=2"], attribution.Elements<string>("objectives"));
        Assert.Equal([0, 0, 1, 1, 2, 2], attribution.Elements<int>("group_class"));
        Assert.Equal(72, attribution.Elements<int>("group_size").Sum());
        NpzContents validation = Npz.Read(Path.Combine(files.Whole, "validation.npz"));
        Assert.Equal([4, 6], validation["exact"].Shape);
        Assert.Equal([2, 4, 6], validation["exact_seeds"].Shape);
        Assert.Equal([4, 6], validation["predicted"].Shape);
        Assert.Equal([6, 1, 8, 8],
            Safetensors.Read(Path.Combine(files.Whole, "synset.safetensors")).Tensor("images", -1, -1, -1, -1).Shape);
        Assert.Contains(Safetensors.Read(Path.Combine(files.Whole, "target.safetensors")).Tensors,
            tensor => tensor.Name == "blocks.0.conv.weight");
        Assert.StartsWith("# matrix[o, g] = ", File.ReadAllText(Path.Combine(files.Whole, "attribution.csv")), StringComparison.Ordinal);
        Assert.DoesNotContain("{{", File.ReadAllText(Path.Combine(files.Whole, "report.html")), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(files.Whole, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void The_mean_over_seeds_is_the_exact_effect_and_the_slope_calibrates()
    {
        NpzContents validation = Npz.Read(Path.Combine(files.Whole, "validation.npz"));
        double[] exact = validation.Elements<double>("exact"), seeds = validation.Elements<double>("exact_seeds");
        for (int i = 0; i < exact.Length; i++)
            Assert.Equal((seeds[i] + seeds[i + exact.Length]) / 2, exact[i], 12);

        NpzContents calibrated = Npz.Read(Path.Combine(files.Whole, "calibrated.npz"));
        double raw = Npz.Read(Path.Combine(files.Whole, "attribution.npz")).Elements<double>("matrix")[3];
        Assert.Equal(raw * calibrated.Elements<double>("slopes")[0], calibrated.Elements<double>("matrix")[3], 12);
    }

    [Fact]
    public void Two_threads_and_another_wave_size_write_the_same_bits()
    {
        string run = files.PathOf("two");
        Assert.Equal(0, Ddm.Run("run", files.Job, "--run", run, "--threads", "2", "--quiet").Code);
        AssertSameFiles(files.Whole, run);

        string waves = files.PathOf("waves");
        Assert.Equal(0, Ddm.Run("run", files.Job, "--run", waves, "--wave", "3", "--quiet").Code);
        AssertSameFiles(files.Whole, waves);
    }

    [Fact]
    public void A_second_call_finds_everything_done()
    {
        DateTime before = File.GetLastWriteTimeUtc(Path.Combine(files.Whole, "validation.npz"));

        Ddm.Result result = Ddm.Run("run", files.Job, "--run", files.Whole, "--threads", "1");

        Assert.Equal(0, result.Code);
        Assert.DoesNotContain("…", result.Error, StringComparison.Ordinal);
        Assert.Contains("Test accuracy", result.Output, StringComparison.Ordinal);
        Assert.Equal(before, File.GetLastWriteTimeUtc(Path.Combine(files.Whole, "validation.npz")));
    }

    [Fact]
    public void Quiet_says_nothing_on_standard_error()
        => Assert.Empty(Ddm.Run("train", "--run", files.PathOf("quiet"), "--data",
            "generated:classes=2,per-class=8,test-per-class=4,size=8", "--width", "4", "--depth", "1", "--epochs", "1", "--quiet").Error);

    [Fact]
    public void Verbs_go_on_from_one_another_and_say_what_a_changed_setting_costs()
    {
        string run = files.PathOf("verbs");
        Done("train", "--run", run, "--data", "generated:classes=2,per-class=20,test-per-class=6,size=8", "--width", "6", "--depth", "2",
            "--epochs", "2", "--batch-size", "8");
        Done("distill", "--run", run, "--clusters", "2", "--steps", "2", "--images-per-group", "1");
        Ddm.Result attributed = Done("attribute", "--run", run, "--depth", "head", "--objectives", "accuracy;margin:sample=3,4");
        Assert.Contains("groups: already done", attributed.Error, StringComparison.Ordinal);
        Assert.Equal(["accuracy", "margin:sample=3,4"], Npz.Read(Path.Combine(run, "attribution.npz")).Elements<string>("objectives"));
        Done("validate", "--run", run, "--count", "2");
        Assert.Equal(2, Npz.Read(Path.Combine(run, "validation.npz")).Elements<int>("groups").Length);
        Done("unlearn", "--run", run, "--remove", "1,2");
        Assert.Equal("1,2", Safetensors.Read(Path.Combine(run, "unlearned.safetensors")).Metadata["groups"]);

        Ddm.Result longer = Done("train", "--run", run, "--epochs", "3");

        Assert.Contains("train: a setting or the data have changed", longer.Error, StringComparison.Ordinal);
        Assert.Null(RunFolder.Peek(run)!.Summary!.RetrainedGroups);
    }

    [Fact]
    public void Attributing_again_without_a_method_says_which_one_it_goes_on_with()
    {
        string run = files.PathOf("again");
        string[] data = ["--data", "generated:classes=2,per-class=10,test-per-class=6,size=8", "--width", "4", "--depth", "2", "--epochs",
            "1"];
        Done(["train", "--run", run, .. data]);
        Assert.DoesNotContain("as this run did before", Done("attribute", "--run", run, "--depth", "head").Error, StringComparison.Ordinal);

        Ddm.Result again = Done("attribute", "--run", run);

        Assert.Contains("Using head, as this run did before. For the default, use --method push+feature.", again.Error,
            StringComparison.Ordinal);
        Assert.Contains("by head (depth dial)", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dry_run_writes_nothing_and_says_about_how_long_it_would_take()
    {
        string run = files.PathOf("dry");

        Ddm.Result text = Done("run", files.Job, "--run", run, "--dry-run"),
            json = Done("run", files.Job, "--run", files.Whole, "--dry-run", "--json");

        Assert.False(Directory.Exists(run));
        Assert.Matches(@"About [0-9.]+ (s|min) on this machine", text.Output);
        Assert.Contains("online:controlled-replay", text.Output, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(json.Output);
        Assert.Equal(0, document.RootElement.GetProperty("seconds").GetDouble());
        Assert.All(document.RootElement.GetProperty("stages").EnumerateArray(),
            stage => Assert.True(stage.GetProperty("is_done").GetBoolean()));
    }

    [Fact]
    public void Own_groups_are_taken_by_name()
    {
        string run = files.PathOf("own"), csv = files.PathOf("sources.csv");
        File.WriteAllLines(csv, ["sample,group", .. Enumerable.Range(0, 20).Select(n => $"{n},{(n % 3 == 0 ? "</script>" : "web")}")]);

        Done("attribute", "--run", run, "--data", "generated:classes=2,per-class=10,test-per-class=6,size=8", "--groups", csv, "--depth",
            "head");

        Assert.Equal(4, Npz.Read(Path.Combine(run, "attribution.npz")).Elements<int>("group_class").Length);
        // data, library, script: no name ends one early
        Assert.Equal(3, File.ReadAllText(Path.Combine(run, "report.html")).Split("</script>").Length - 1);
    }

    internal static void AssertSameFiles(string expected, string found)
    {
        Dictionary<string, byte[]> one = Ddm.FilesOf(expected), other = Ddm.FilesOf(found);
        Assert.Equal(one.Keys.Order(), other.Keys.Order());
        Assert.Empty(one.Where(file => !file.Value.AsSpan().SequenceEqual(other[file.Key])).Select(file => file.Key));
    }

    private static Ddm.Result Done(params string[] arguments)
    {
        Ddm.Result result = Ddm.Run(arguments);
        Assert.True(result.Code == 0, result.Error);
        return result;
    }
}
