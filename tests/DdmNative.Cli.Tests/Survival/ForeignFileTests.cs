using Xunit;

namespace DdmNative.Cli.Tests.Survival;

/// <summary>
/// Files of a finished run that somebody, or a disk, has changed: the next start says so and makes them again, to the bit; nothing of them
/// is used.
/// </summary>
[Collection(DisturbedCommands.Name)]
public sealed class ForeignFileTests(RunFiles files)
{
    [Theory]
    [InlineData("target.safetensors", null,
        "Resuming: 24 of 25 stages are finished; train recomputed (target.safetensors is missing or has been changed).")]
    [InlineData("attribution/repair.npz", "attribution/replay.npz",
        "online:repair: attribution/repair.npz is missing or has been changed; recomputing.")]
    [InlineData("validation/models.csv", null, "retrain: validation/models.csv is missing or has been changed; recomputing.")]
    [InlineData("groups.csv", null, "groups: groups.csv is missing or has been changed; recomputing.")]
    public void A_file_that_was_changed_is_made_again(string name, string? replacement, string says)
    {
        string run = Copy();
        byte[] bytes = File.ReadAllBytes(Path.Combine(run, replacement ?? name));
        if (replacement is null)
            bytes[^9] ^= 1;
        File.WriteAllBytes(Path.Combine(run, name), bytes);

        Ddm.Result result = Ddm.Run("run", files.Job, "--run", run, "--threads", "1");

        Assert.True(result.Code == ExitCode.Done, result.Error);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        WholeRunTests.AssertSameFiles(files.Whole, run);
    }

    /// <summary>The record is lost; the retrained models, which carry their own key, are not.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_record_that_was_changed_is_set_aside_and_the_run_done_again(bool truncated)
    {
        string run = Copy(), record = Path.Combine(run, "run.json");
        string text = File.ReadAllText(record);
        File.WriteAllText(record, truncated
            ? text[..(text.Length / 2)] : text.Replace("\"test_accuracy\": ", "\"test_accuracy\": 1", StringComparison.Ordinal));

        Ddm.Result refused = Ddm.Run("attribute", "--run", run, "--depth", "head");
        Ddm.Result result = Ddm.Run("run", files.Job, "--run", run, "--threads", "1");

        Assert.Equal(ExitCode.BadInput, refused.Code);
        Assert.Contains("`ddm run job.json` continues without it", refused.Error, StringComparison.Ordinal);
        Assert.True(result.Code == ExitCode.Done, result.Error);
        Assert.Contains("Kept as " + record + ".damaged", result.Error, StringComparison.Ordinal);
        Assert.Contains("of the models are reused.", result.Error, StringComparison.Ordinal);
        File.Delete(record + ".damaged");
        WholeRunTests.AssertSameFiles(files.Whole, run);
    }

    [Fact]
    public void A_report_is_not_made_of_changed_files()
    {
        string run = Copy();
        File.Copy(Path.Combine(run, "validation.npz"), Path.Combine(run, "attribution.npz"), overwrite: true);

        Ddm.Result result = Ddm.Run("report", "--run", run);

        Assert.Equal(ExitCode.BadInput, result.Code);
        Assert.Contains("attribution.npz, file: found a missing or changed file", result.Error, StringComparison.Ordinal);
    }

    /// <summary>
    /// Another verb's stages are not looked at before it runs; what it cannot vouch for is left out of the summary, and said.
    /// </summary>
    [Fact]
    public void What_another_command_has_left_is_summed_up_only_if_it_is_as_it_was_left()
    {
        string run = Copy();
        File.AppendAllText(Path.Combine(run, "validation.npz"), "!");

        Ddm.Result result = Ddm.Run("train", "--run", run, "--json");

        Assert.True(result.Code == ExitCode.Done, result.Error);
        Assert.Contains("validate: validation.npz is missing or has been changed; left out until it is requested again.", result.Error,
            StringComparison.Ordinal);
        Assert.DoesNotContain("\"retrained_seeds\":null", result.Output, StringComparison.Ordinal);
        Assert.Contains("\"ceiling\":{}", result.Output, StringComparison.Ordinal);
    }

    /// <summary>As in a container that is too small: .NET's heap may take 96 MiB, the images alone need more.</summary>
    [Fact]
    public void Too_little_memory_is_5_and_says_what_to_lower()
    {
        string run = files.PathOf("memory-limit");

        Ddm.Result result = Ddm.Run(new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "6000000" }, "train", "--run", run,
            "--data", "generated:classes=2,per-class=5000,size=64");

        Assert.True(result.Code == ExitCode.OutOfMemory, $"exit code {result.Code}: {result.Error}");
        Assert.Contains("Reduce --wave", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(run));
    }

    private string Copy()
    {
        string copy = files.PathOf("foreign-" + Path.GetRandomFileName());
        foreach (string path in Directory.EnumerateFiles(files.Whole, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(copy, Path.GetRelativePath(files.Whole, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target);
        }

        return copy;
    }
}
