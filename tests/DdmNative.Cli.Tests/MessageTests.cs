using System.Text.Json.Nodes;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>A message names what the user has written, where it was written, and what mends it.</summary>
[Collection(Commands.Name)]
public sealed class MessageTests(RunFiles files)
{
    private const string Data = "generated:classes=3,per-class=12,test-per-class=6,size=8,clusters=2";

    [Theory]
    [InlineData(ExitCode.BadUsage, "--clusters: found 0", "attribute", "--clusters", "0")]
    [InlineData(ExitCode.BadUsage, "--cluster-space: found 'x'", "attribute", "--cluster-space", "x")]
    [InlineData(ExitCode.BadUsage, "--granularity: found 'x'", "attribute", "--granularity", "x")]
    [InlineData(ExitCode.BadUsage, "--methods: found 'voodoo'. There is no method 'voodoo'", "attribute", "--methods", "head,voodoo")]
    [InlineData(ExitCode.BadUsage, "--methods: found 'trak:colour=red'", "attribute", "--methods", "trak:colour=red")]
    [InlineData(ExitCode.BadUsage, "--remove: found -1", "unlearn", "--remove", "-1")]
    [InlineData(ExitCode.BadUsage, "--mode: found 'head', which has no synset", "distill", "--mode", "head")]
    [InlineData(ExitCode.BadUsage, "--std: found no mean beside it", "train", "--std", "0.5")]
    [InlineData(ExitCode.BadInput, "--objectives, attribution.objectives[1]: found 'loss:class=9', but class 9", "attribute",
        "--objectives", "loss;loss:class=9")]
    [InlineData(ExitCode.BadInput, "--count, validation.groups: found 99", "validate", "--count", "99")]
    [InlineData(ExitCode.BadInput, "--clusters sets it.", "attribute", "--clusters", "13")]
    [InlineData(ExitCode.BadInput, "--depth, network.depth: found 9, expected 1 to 3 for images of 1×8×8", "train", "--depth", "9")]
    [InlineData(ExitCode.BadInput, "--method, attribution.methods[0]: found 'datamodel:subsets=21' for 6 groups", "attribute", "--clusters",
        "2", "--method", "datamodel:subsets=21")]
    public void Options_are_named_as_they_were_typed(int code, string says, string verb, params string[] options)
    {
        string run = files.PathOf("none-" + Path.GetRandomFileName());

        Ddm.Result result = Ddm.Run([verb, "--run", run, "--data", Data, .. options]);

        Assert.Equal(code, result.Code);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(run));
    }

    [Theory]
    [InlineData("generate:classes=2", "Did you mean generated:classes=2?")]
    [InlineData("fashion-mnits", "Did you mean fashion-mnist?")]
    [InlineData("generated:clases=2", "Did you mean classes?")]
    public void A_mistyped_data_set_is_named_with_the_nearest(string data, string says)
    {
        Ddm.Result result = Ddm.Run("train", "--run", files.PathOf("none"), "--data", data);

        Assert.Equal(ExitCode.BadInput, result.Code);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mistyped_folder_of_data_is_named_with_the_one_beside_it()
    {
        Directory.CreateDirectory(files.PathOf("images"));

        Assert.Contains($"Did you mean {files.PathOf("images")}?", Ddm.Run("train", "--run", files.PathOf("none"), "--data",
            files.PathOf("imagse")).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("objectives", 3, "$.attribution.objectives[0]", "\"attribution\": {\"objectives\": [\"loss:class=9\"]}")]
    [InlineData("predictions", 3, "$.evaluation.predictions", "\"evaluation\": {\"metrics\": [\"brittleness\"], \"predictions\": 99}")]
    [InlineData("forget", 3, "$.unlearning.forget[0]", "\"unlearning\": {\"forget\": [\"class=9\"]}")]
    [InlineData("methods", 3, "$.attribution.methods[1]", "\"attribution\": {\"methods\": [\"head\", \"datamodel\"]}")]
    [InlineData("depth", 3, "$.network.depth", "\"network\": {\"depth\": 9}")]
    public void What_does_not_fit_the_data_is_named_with_the_job_files_line(string name, int line, string field, string section)
    {
        string job = files.PathOf($"{name}.json"), run = files.PathOf("none-" + name);
        File.WriteAllText(job, $$"""
            {
              "data": {"source": "{{Data}}"}, "groups": {"per_class": 2},
              {{section}}
            }
            """);

        Ddm.Result result = Ddm.Run("run", job, "--run", run, "--json");

        Assert.Equal(ExitCode.BadInput, result.Code);
        JsonNode error = JsonNode.Parse(result.Output)!["error"]!;
        Assert.Equal((job, field, line), ((string?)error["file"], (string?)error["field"], (int?)error["line"]));
        Assert.False(Directory.Exists(run));
    }

    [Fact]
    public void A_network_from_a_file_is_as_the_file_says_be_the_other_depth_the_default()
    {
        string run = files.PathOf("trained"), target = Path.Combine(run, "target.safetensors"), other = files.PathOf("imported");
        Done("train", "--run", run, "--data", Data, "--width", "8", "--depth", "2", "--epochs", "1");

        Ddm.Result result = Ddm.Run("train", "--run", other, "--data", Data, "--epochs", "1", "--target", target, "--depth", "3");

        Assert.Equal(ExitCode.BadInput, result.Code);
        Assert.Contains($"--depth, network.depth: found 3, expected 2, which the network in {target} has.", result.Error,
            StringComparison.Ordinal);
        Done("train", "--run", other, "--data", Data, "--epochs", "1", "--target", target, "--depth", "2");
    }

    [Fact]
    public void Rules_are_those_of_what_is_done()
    {
        string run = files.PathOf("few images");

        // Five clusters of three images there are not, and a training makes none.
        Done("train", "--run", run, "--data", "generated:classes=2,per-class=3,test-per-class=4,size=8", "--width", "4", "--depth", "2",
            "--epochs", "1");
        Ddm.Result result = Ddm.Run("attribute", "--run", run, "--depth", "head");
        Assert.Equal(ExitCode.BadInput, result.Code);
        Assert.Contains("class 0: found 3 training images, expected at least 5, one for each cluster. "
            + "Use fewer clusters per class (groups.per_class). --clusters sets it.", result.Error, StringComparison.Ordinal);

        // Six groups were retrained without; fewer groups are attributed all the same, and so are single images.
        Done("validate", "--run", run, "--clusters", "3", "--count", "6", "--seeds", "1");
        Done("attribute", "--run", run, "--method", "grad-dot", "--granularity", "sample");
        Done("attribute", "--run", run, "--method", "grad-dot", "--granularity", "group", "--clusters", "2");

        // Exact retraining is of groups, and says which setting is in its way.
        Done("attribute", "--run", run, "--method", "grad-dot", "--granularity", "sample");
        Ddm.Result many = Ddm.Run("validate", "--run", run);
        Assert.Equal(ExitCode.BadInput, many.Code);
        Assert.Contains($"{Path.Combine(run, "run.json")}, $.job.validation.groups: found 6, expected at most 4", many.Error,
            StringComparison.Ordinal);
        Assert.Contains("--count sets it.", many.Error, StringComparison.Ordinal);
        Assert.Contains("so effects are computed for groups", Done("validate", "--run", run, "--count", "2").Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_validated_stays_so_when_further_methods_are_attributed_and_evaluated()
    {
        string run = files.PathOf("validated");
        Done("train", "--run", run, "--data", Data, "--width", "8", "--depth", "2", "--epochs", "1");
        Done("attribute", "--run", run, "--depth", "head", "--clusters", "2");
        Done("validate", "--run", run, "--count", "4");

        Done("evaluate", "--run", run, "--methods", "head,grad-dot", "--metrics", "lds", "--subsets", "2", "--seeds", "1", "--predictions",
            "1");
        Assert.Contains("| grad-dot |", Done("compare", run).Output, StringComparison.Ordinal);

        // An evaluation is of its methods: of others it would have to be done again, which is said.
        Ddm.Result other = Done("attribute", "--run", run, "--method", "grad-cos");
        Assert.Contains("evaluate:lds: computed under other settings", other.Error, StringComparison.Ordinal);
        Assert.Contains("| grad-cos |", Done("compare", run).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--width")]
    [InlineData("--depth")]
    public void What_the_architecture_has_no_use_for_is_not_ignored(string option)
    {
        Ddm.Result refused = Ddm.Run("train", "--run", files.PathOf("lenet"), "--data", Data, "--architecture", "lenet", option, "3");

        Assert.Equal(ExitCode.BadUsage, refused.Code);
        Assert.StartsWith($"ddm: {option}: found 3 for lenet", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_from_files_reach_no_terminal_as_control_characters_and_machines_as_they_are()
    {
        string run = files.PathOf("escaped"), groups = files.PathOf("escaped.csv");
        string[] names = ["\u001b[2J\u001b]0;owned\u0007red", "left\u202Eright", "c1\u009b31m"];
        File.WriteAllText(groups, "sample,group\n" + string.Concat(Enumerable.Range(0, 36)
            .Select(sample => $"{sample},{names[sample % 3]}\n")));
        Done("train", "--run", run, "--data", Data, "--width", "8", "--depth", "2", "--epochs", "1");

        Ddm.Result text = Done("attribute", "--run", run, "--groups", groups, "--depth", "head"),
            json = Done("attribute", "--run", run, "--json"), wrong = Ddm.Run("unlearn", "--run", run, "--forget", "name=\u001b[31m");

        Assert.All([text.Output, text.Error, json.Output, json.Error, wrong.Output, wrong.Error], said
            => Assert.DoesNotContain(said, c => (char.IsControl(c) && c is not ('\n' or '\t')) || c == '\u202E'));
        Assert.Contains("·[2J·]0;owned·red", text.Output, StringComparison.Ordinal);
        JsonNode summary = JsonNode.Parse(json.Output)!;
        Assert.Equal(names.Order(StringComparer.Ordinal), summary["most_helpful"]!.AsArray().Concat(summary["most_harmful"]!.AsArray())
            .Select(group => (string)group!["name"]!).Order(StringComparer.Ordinal));
    }

    private static Ddm.Result Done(params string[] arguments)
    {
        Ddm.Result result = Ddm.Run(arguments);
        Assert.True(result.Code == ExitCode.Done, $"{string.Join(' ', arguments)}: {result.Error}");
        return result;
    }
}
