using System.Text.Json;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Metrics;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>Runs that were not validated are compared by accuracy, settings and effects.</summary>
[Collection(Commands.Name)]
public sealed class CompareTests(RunFiles files)
{
    private const string Data = "generated:classes=3,per-class=20,test-per-class=8,size=8,clusters=2";

    [Fact]
    public void Runs_with_the_same_groups_are_compared_group_by_group()
    {
        (string one, string other) = (Run("same-1", "--epochs", "2"), Run("same-2", "--epochs", "4"));

        JsonElement comparison = Json("compare", one, other);

        JsonElement effects = Assert.Single(comparison.GetProperty("effects").EnumerateArray());
        Assert.Equal("group", effects.GetProperty("parts").GetString());
        (double[] x, double[] y) = (EffectsOf(one), EffectsOf(other));
        Assert.Equal(Correlation.Pearson(x, y), effects.GetProperty("correlation").GetDouble(), 9);
        JsonElement[] changes = [.. effects.GetProperty("changes").EnumerateArray()];
        Assert.Equal(x.Zip(y).Select(pair => pair.Second - pair.First).OrderByDescending(Math.Abs),
            changes.Select(change => change.GetProperty("change").GetDouble()));
        Assert.Equal(["training.epochs"],
            comparison.GetProperty("settings").EnumerateArray().Select(setting => setting.GetProperty("field").GetString()));
    }

    [Fact]
    public void People_read_the_correlation_the_accuracies_and_the_largest_changes()
    {
        (string one, string other) = (Run("read-1", "--epochs", "2"), Run("read-2", "--epochs", "4"));

        Ddm.Result result = Ddm.Run("compare", one, other);

        Assert.True(result.Code == 0, result.Error);
        Assert.Matches(@"\AEffects of read-1 and read-2 on 'loss': correlation -?[0-9.]+ over 6 groups\.\n", result.Output);
        Assert.Matches(@"read-2 +[0-9.]+ % +[0-9.]+ +60 +6 +head \(depth dial\)", result.Output);
        Assert.Matches(@"training\.epochs +2 +4", result.Output);
        Assert.Contains("Largest changes of the effect on 'loss'", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_with_other_groups_are_compared_by_class()
    {
        (string one, string other) = (Run("class-1", "--seed", "1"), Run("class-2", "--seed", "2"));
        Assert.NotEqual(File.ReadAllText(Path.Combine(one, "groups.csv")), File.ReadAllText(Path.Combine(other, "groups.csv")));

        JsonElement effects = Assert.Single(Json("compare", one, other).GetProperty("effects").EnumerateArray());

        Assert.Equal("class", effects.GetProperty("parts").GetString());
        Dictionary<int, double> changes = effects.GetProperty("changes").EnumerateArray()
            .ToDictionary(change => change.GetProperty("class").GetInt32(), change => change.GetProperty("second").GetDouble());
        int[] classes = Npz.Read(Path.Combine(other, "attribution.npz")).Elements<int>("group_class");
        Assert.All(Enumerable.Range(0, 3), c => Assert.Equal(
            EffectsOf(other).Where((_, g) => classes[g] == c).Sum(), changes[c], 9));
    }

    [Fact]
    public void One_run_is_compared_by_its_methods_and_a_trained_run_by_its_accuracy()
    {
        string one = Run("methods"), trained = files.PathOf("only-trained");
        Assert.Equal(0, Ddm.Run("attribute", "--run", one, "--methods", "grad-dot").Code);
        Assert.Equal(0, Ddm.Run("train", "--run", trained, "--data", Data, "--width", "6", "--depth", "2", "--epochs", "1").Code);

        JsonElement methods = Json("compare", one);
        Ddm.Result result = Ddm.Run("compare", one, trained);

        Assert.Equal(["head", "grad-dot"],
            methods.GetProperty("sides").EnumerateArray().Select(side => side.GetProperty("method").GetString()));
        Assert.Equal("group", Assert.Single(methods.GetProperty("effects").EnumerateArray()).GetProperty("parts").GetString());
        Assert.Equal(0, result.Code);
        Assert.Contains("The effects cannot be compared", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_is_written_beside_the_text_or_alone_to_standard_output_and_replaces_no_file_of_a_run()
    {
        string run = Run("page"), page = files.PathOf("comparison.html");

        Ddm.Result beside = Ddm.Run("compare", run, files.Whole, "--html", page),
            alone = Ddm.Run("compare", run, files.Whole, "--html", "-"),
            wrong = Ddm.Run("compare", run, files.Whole, "--html", Path.Combine(files.Whole, "report.html"));

        Assert.Equal((0, 0, ExitCode.BadUsage), (beside.Code, alone.Code, wrong.Code));
        Assert.Contains($"Page: {page}", beside.Output, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(page), alone.Output);
        Assert.DoesNotContain("{{", alone.Output, StringComparison.Ordinal);
        Assert.Contains("which is report.html, a file of the run itself", wrong.Error, StringComparison.Ordinal);
    }

    private string Run(string name, params string[] options)
    {
        string run = files.PathOf(name), groups = files.PathOf("own-groups.csv");
        if (!File.Exists(groups))
            File.WriteAllLines(groups, ["sample,group", .. Enumerable.Range(0, 60).Select(n => $"{n},g{n % 2}")]);
        // Own groups are the same for every target; clusters in the features of another target are not.
        string[] own = options.Contains("--epochs") || options.Length == 0 ? ["--groups", groups] : ["--clusters", "2"];
        string[] epochs = options.Contains("--epochs") ? [] : ["--epochs", "2"],
            training = ["--width", "6", "--depth", "2", .. epochs, .. options];
        Assert.Equal(0, Ddm.Run(["train", "--run", run, "--data", Data, .. training]).Code);
        Assert.Equal(0, Ddm.Run(["attribute", "--run", run, "--depth", "head", .. own]).Code);
        return run;
    }

    private static double[] EffectsOf(string run)
    {
        NpzContents file = Npz.Read(Path.Combine(run, "attribution.npz"));
        return file.Elements<double>("matrices")[..file.Elements<int>("group_class").Length];
    }

    private static JsonElement Json(params string[] arguments)
    {
        Ddm.Result result = Ddm.Run([.. arguments, "--json"]);
        Assert.True(result.Code == 0, result.Error);
        return JsonDocument.Parse(result.Output).RootElement;
    }
}
