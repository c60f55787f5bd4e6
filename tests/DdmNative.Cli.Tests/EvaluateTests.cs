using System.Text.Json;
using Xunit;

namespace DdmNative.Cli.Tests;

[Collection(Commands.Name)]
public sealed class EvaluateTests(RunFiles files)
{
    private static readonly string[] Tiny =
        ["--data", "generated:classes=3,per-class=24,test-per-class=10,size=8,clusters=2", "--clusters", "2", "--methods", "head,repair",
        "--subsets", "8", "--predictions", "3", "--percent", "20,40", "--label-noise", "20"];

    [Fact]
    public void One_command_measures_all_and_a_killed_one_goes_on_to_the_same_files()
    {
        string whole = files.PathOf("evaluated"), killed = files.PathOf("evaluated-killed");
        Ddm.Result result = Ddm.Run(["evaluate", "--run", whole, "--json", "--threads", "2", .. Tiny]);
        Assert.True(result.Code == 0, result.Error);
        using var document = JsonDocument.Parse(result.Output);
        JsonElement evaluation = document.RootElement.GetProperty("evaluation");
        Assert.Equal(5, evaluation.GetProperty("metrics").GetArrayLength());
        JsonElement head = evaluation.GetProperty("methods")[0];
        Assert.Equal("head", head.GetProperty("name").GetString());
        foreach (string figure in (string[])["total_pearson", "lds_total", "helpful_removed", "flipped", "auroc"])
            Assert.True(head.GetProperty("figures").TryGetProperty(figure, out _), figure);

        // Killed as soon as the store holds a few models, which is within the first metric.
        InterruptionTests.KillAfterThree(
            ["evaluate", "--run", killed, "--threads", "1", "--wave", "1", .. Tiny], killed, () => Kept(killed), Kept(whole));
        int before = Kept(killed);
        Assert.InRange(before, 3, Kept(whole) - 1);
        Ddm.Result again = Ddm.Run(["evaluate", "--run", killed, "--threads", "1", .. Tiny]);
        Assert.True(again.Code == 0, again.Error);
        Assert.Contains("of the models are reused", again.Error, StringComparison.Ordinal);
        Assert.Contains("LOO r", again.Output, StringComparison.Ordinal);
        Assert.Contains("ceiling", again.Output, StringComparison.Ordinal);
        WholeRunTests.AssertSameFiles(whole, killed);
    }

    [Fact]
    public void Scores_on_single_samples_are_one_table_and_a_list_in_json()
    {
        string[] command = ["evaluate", "--run", files.PathOf("evaluated-samples"), "--data", Tiny[1], "--methods", "grad-dot,head",
            "--metrics", "lds", "--subsets-of", "samples,groups", "--keep", "0.5,0.9", "--subsets", "5", "--predictions", "2", "--seeds",
            "1", "--prediction-objective", "loss", "--clusters", "5"];
        Ddm.Result text = Ddm.Run(command);
        Assert.True(text.Code == 0, text.Error);
        Assert.Contains("Linear datamodelling score", text.Output, StringComparison.Ordinal);

        using var document = JsonDocument.Parse(Ddm.Run([.. command, "--json"]).Output);
        JsonElement[] scores = [.. document.RootElement.GetProperty("evaluation").GetProperty("lds").EnumerateArray()];

        Assert.Equal(["grad-dot samples 0.5", "head samples 0.5", "grad-dot samples 0.9", "head samples 0.9", "grad-dot groups 0.5",
            "head groups 0.5", "grad-dot groups 0.9", "head groups 0.9"],
            scores.Select(score => $"{score.GetProperty("method")} {score.GetProperty("subsets_of")} {score.GetProperty("keep")}"));
        Assert.All(scores, score => Assert.InRange(score.GetProperty("sample").GetDouble(), -1, 1));
        Assert.Equal("method,subsets_of,keep,objective,lds",
            File.ReadLines(files.PathOf("evaluated-samples/evaluation/lds.csv")).First());
    }

    [Fact]
    public void Without_options_of_its_own_it_takes_the_runs()
    {
        string run = files.PathOf("evaluated-later");
        Assert.Equal(0, Ddm.Run(["attribute", "--run", run, "--depth", "head", .. Tiny[..4]]).Code);

        Ddm.Result result = Ddm.Run("evaluate", "--run", run, "--metrics", "leave-one-out", "--seeds", "1");

        Assert.True(result.Code == 0, result.Error);
        Assert.Contains("online:head: already done", result.Error, StringComparison.Ordinal);
        Assert.StartsWith("method,", File.ReadAllText(Path.Combine(run, "evaluation.csv")), StringComparison.Ordinal);
        Assert.DoesNotContain("ceiling", File.ReadAllText(Path.Combine(run, "evaluation.md")), StringComparison.Ordinal);
    }

    private static int Kept(string run)
        => Directory.Exists(Path.Combine(run, "retrained"))
            ? Directory.EnumerateFiles(Path.Combine(run, "retrained"), "*.npz", SearchOption.AllDirectories).Count() : 0;
}
