using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace DdmNative.Cli.Tests;

[Collection(Commands.Name)]
public sealed class ShardVerbTests(RunFiles files)
{
    [Fact]
    public void Killed_shards_and_a_killed_merge_come_to_the_unsharded_result()
    {
        string[] shards = [files.PathOf("shard-1"), files.PathOf("shard-2")];
        for (int index = 1; index <= 2; index++)
        {
            string[] command = ["run", files.Job, "--run", shards[index - 1], "--shard", $"{index}/2", "--threads", "1", "--wave", "1",
                "--json"];
            Kill(command, "retrain: ");
            Ddm.Result shard = Ddm.Run(command);
            Assert.True(shard.Code == 0, shard.Error);
            using var document = JsonDocument.Parse(shard.Output);
            Assert.Equal($"{index}/2", document.RootElement.GetProperty("shard").GetProperty("shard").GetString());
            Assert.Contains("retrain: 7 of 14 pieces belong to shard", shard.Error, StringComparison.Ordinal);
        }

        Dictionary<string, byte[]>[] before = [.. shards.Select(Ddm.FilesOf)];
        string[] merge = ["merge", "--run", files.PathOf("merged"), .. shards, "--threads", "1"];
        Kill(merge, "online:forget: ");
        Ddm.Result merged = Ddm.Run(merge);

        Assert.True(merged.Code == 0, merged.Error);
        Assert.Contains("Test accuracy", merged.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("train: train the target", merged.Error, StringComparison.Ordinal);
        WholeRunTests.AssertSameFiles(files.Whole, files.PathOf("merged"));
        Assert.All(shards.Zip(before), pair => Assert.Equal(pair.Second, Ddm.FilesOf(pair.First)));
    }

    [Theory]
    [InlineData("--shard: found '9/8', expected I/N", "run", "--shard", "9/8")]
    [InlineData("this verb's work cannot be divided", "train", "--data", "generated:classes=2", "--shard", "1/2")]
    [InlineData("--upto: found 'end'", "run", "--upto", "end")]
    public void A_share_that_cannot_be_is_bad_usage(string says, string verb, params string[] options)
    {
        Ddm.Result result = Ddm.Run([verb, .. verb == "run" ? (string[])[files.Job] : [], "--run", files.PathOf("none"), .. options]);
        Assert.Equal(ExitCode.BadUsage, result.Code);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(files.PathOf("none")));
    }

    [Fact]
    public void A_merge_of_what_is_no_shard_is_bad_input_and_makes_nothing()
    {
        Ddm.Result result = Ddm.Run("merge", "--run", files.PathOf("nothing"), files.Whole);
        Assert.Equal(ExitCode.BadInput, result.Code);
        Assert.Contains("$.shard: found a run that is not a shard, expected the folder of a shard", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(files.PathOf("nothing")));
    }

    /// <summary>Kills the command as soon as it begins a stage.</summary>
    private static void Kill(string[] command, string stage)
    {
        using Process process = Ddm.Start(command);
        _ = process.StandardOutput.ReadToEndAsync();
        while (process.StandardError.ReadLine() is string line)
        {
            if (line.StartsWith(stage, StringComparison.Ordinal))
            {
                process.Kill();
                break;
            }
        }

        process.WaitForExit();
        Assert.NotEqual(0, process.ExitCode);
    }
}
