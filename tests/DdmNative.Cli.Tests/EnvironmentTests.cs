using System.Text.Json;
using DdmNative.Runs.Folders;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>Command line before environment before job file before run folder before default, seen from outside.</summary>
[Collection(Commands.Name)]
public sealed class EnvironmentTests(RunFiles files)
{
    private static readonly string[] Tiny = ["--data", "generated:classes=2,per-class=8,test-per-class=4,size=8", "--width", "4", "--depth",
        "1", "--batch-size", "8"];

    [Fact]
    public void Each_source_of_a_setting_goes_before_the_next_and_run_json_says_what_was_overridden()
    {
        string run = files.PathOf("precedence");
        Assert.Equal(8, Epochs(run, [], ["train", "--run", run, .. Tiny])); // the default
        Assert.Equal(2, Epochs(run, [], ["train", "--run", run, "--epochs", "2"]));
        Assert.Equal(2, Epochs(run, [], ["train", "--run", run])); // the folder's
        Assert.Equal(3, Epochs(run, new() { ["DDM_TRAINING__EPOCHS"] = "3", ["DDM_THREADS"] = "1" }, ["train", "--run", run]));
        Assert.Equal(new Dictionary<string, string> { ["DDM_THREADS"] = "1", ["DDM_TRAINING__EPOCHS"] = "3" },
            RunFolder.Peek(run)!.Overrides);
        Assert.Equal(4, Epochs(run, new() { ["DDM_TRAINING__EPOCHS"] = "3" }, ["train", "--run", run, "--epochs", "4"]));
        Assert.Empty(RunFolder.Peek(run)!.Overrides);

        string job = files.PathOf("precedence.json");
        File.WriteAllText(job, """
            {
              "data": { "source": "/nowhere" }, "network": { "width": 4, "depth": 1 }, "training": { "epochs": 5, "batch_size": 8 },
              "groups": { "per_class": 1 }, "attribution": { "methods": ["random"] }
            }
            """);
        var environment = new Dictionary<string, string> { ["DDM_DATA__SOURCE"] = Tiny[1], ["DDM_TRAINING__EPOCHS"] = "1",
            ["DDM_ATTRIBUTION__METHODS"] = "loss;head", ["DDM_LOG_LEVEL"] = "error" };
        Ddm.Result result = Ddm.Run(environment, "run", job, "--run", run, "--json");
        Assert.True(result.Code == 0, result.Error);
        Assert.Empty(result.Error);
        using var document = JsonDocument.Parse(result.Output);
        Assert.Equal(["loss", "head"],
            document.RootElement.GetProperty("methods").EnumerateArray().Select(method => method.GetProperty("name").GetString()));
        Assert.Equal((1, 4), (RunFolder.Peek(run)!.Job.Training.Epochs, RunFolder.Peek(run)!.Overrides.Count));
    }

    [Theory]
    [InlineData("DDM_TRAINING__EPOCHS", "0", "DDM_TRAINING__EPOCHS: found 0, expected a whole number from 1 to 100000.")]
    [InlineData("DDM_TRAINING__EPOCHS", "all", "DDM_TRAINING__EPOCHS: found 'all', expected a whole number.")]
    [InlineData("DDM_ATTRIBUTION__METHODS", "head;voodoo", "DDM_ATTRIBUTION__METHODS: found 'voodoo', expected one of")]
    [InlineData("DDM_THREADS", "0", "DDM_THREADS: found 0, expected a whole number from 1 to 1024.")]
    [InlineData("DDM_CPU_CACHES", "1M", "DDM_CPU_CACHES: found '1M', expected the sizes of the first-level and the second-level cache")]
    [InlineData("DDM_LOG_LEVEL", "loud", "DDM_LOG_LEVEL: found 'loud', expected one of error, warning, info, debug.")]
    [InlineData("DDM_TRANING__EPOCHS", "3", "Did you mean DDM_TRAINING__EPOCHS?")]
    public void A_wrong_variable_is_2_and_named(string variable, string value, string says)
    {
        string run = files.PathOf("none-" + Path.GetRandomFileName());

        Ddm.Result result = Ddm.Run(new Dictionary<string, string> { [variable] = value }, ["train", "--run", run, .. Tiny, "--json"]);

        Assert.Equal(ExitCode.BadUsage, result.Code);
        Assert.StartsWith("ddm: DDM_", result.Error, StringComparison.Ordinal);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.Equal("bad_usage", JsonDocument.Parse(result.Output).RootElement.GetProperty("error").GetProperty("kind").GetString());
        Assert.False(Directory.Exists(run));
    }

    private static int Epochs(string run, Dictionary<string, string> environment, string[] arguments)
    {
        Ddm.Result result = Ddm.Run(environment, arguments);
        Assert.True(result.Code == 0, result.Error);
        return RunFolder.Peek(run)!.Job.Training.Epochs;
    }
}
