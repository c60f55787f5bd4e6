using System.Text.RegularExpressions;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;
using DdmNative.Attribution.Sharding;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>Two shards of a small job, done once.</summary>
public sealed class TwoShards : IDisposable
{
    private readonly TempFolder _folder = new();

    public TwoShards()
    {
        for (int index = 1; index <= 2; index++)
            ShardedRunTests.Run(this[index], Job, new RunSettings { Shard = new Shard(index, 2) }, RunGoal.Attribute);
    }

    internal static Job Job { get; } = ShardedRunTests.Job with
    {
        Attribution = new JobAttribution { Methods = ["head", "all", "loss"] },
        Validation = new JobValidation(),
        Evaluation = null,
        Unlearning = null,
    };

    public string this[int index] => _folder.File($"shard-{index}");

    public void Dispose() => _folder.Dispose();
}

/// <summary>Shards that do not belong together are refused: both sides and the field are named, and nothing is written.</summary>
public sealed class ShardAgreementTests(TwoShards shards) : IClassFixture<TwoShards>, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("$.version", "\"version\": \"", "\"version\": \"9", "Run the shard again with the same version")]
    [InlineData("$.arithmetic", "\"arithmetic\": \"CPU", "\"arithmetic\": \"GPU", "same kind of device")]
    [InlineData("$.job.training.epochs", "\"epochs\": 2", "\"epochs\": 3", "found 3, expected 2, as in")]
    [InlineData("$.job.attribution.methods", "\"head\",", "\"repair\",", "with the same job")]
    [InlineData("$.data.sha256", "\"sha256\": \"", "\"sha256\": \"00", "on the same data")]
    [InlineData("$.shard.goal", "\"goal\": \"Attribute\"", "\"goal\": \"Everything\"", "with the same verb")]
    [InlineData("$.shard.count", "\"count\": 2", "\"count\": 3", "with the same N")]
    [InlineData("$.shard.index", "\"index\": 2", "\"index\": 1", "Specify each shard's folder once")]
    [InlineData("$.shard.finished", "\"finished\": true", "\"finished\": false", "with --shard 2/2: it resumes")]
    [InlineData("$.shard", "\"index\": 2", "\"index\": 0", "run the shard again in a new folder")]
    [InlineData("$.shard", "\"retrained/", "\"../retrained/", "run the shard again in a new folder")]
    [InlineData("$.stages", "\"name\": \"groups\"", "\"name\": \"herds\"", "with the same --from")]
    [InlineData("$.stages, train, key", "\"name\": \"train\",\n      \"key\": \"", "\"name\": \"train\",\n      \"key\": \"0", "as in")]
    [InlineData("$.stages, train, target.safetensors", "\"target.safetensors\": \"", "\"target.safetensors\": \"0",
        "These bits must not differ")]
    [InlineData("$.shard.shares, online:head", "\"own\": 3", "\"own\": 2", "what is missing is computed")]
    [InlineData("$.shard.shares, online:head", "\"of\": 7", "\"of\": 8", "as in")]
    public void What_differs_is_named_with_both_sides(string field, string original, string changed, string says)
    {
        string other = Copy(2);
        string record = Path.Combine(other, "run.json");
        string text = File.ReadAllText(record);
        int at = text.IndexOf(original, StringComparison.Ordinal);
        Assert.True(at >= 0, original);
        File.WriteAllText(record, WithoutSeal(text[..at] + changed + text[(at + original.Length)..]));

        BadInputException error = Refusal(shards[1], other);

        Assert.Equal(field, error.Field);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.True(error.Message.Contains(other, StringComparison.Ordinal)
            || field.StartsWith("$.shard.shares", StringComparison.Ordinal), error.Message);
        if (error.Message.Contains("as in", StringComparison.Ordinal))
            Assert.Contains(shards[1], error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_shard_is_named_with_the_command_that_makes_it()
    {
        BadInputException error = Refusal(shards[2]);
        Assert.Contains("missing: 1/2", error.Message, StringComparison.Ordinal);
        Assert.Contains("--shard 1/2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_folder_twice_a_whole_run_and_a_folder_that_is_none_are_refused()
    {
        Assert.Equal("$.shard.index", Refusal(shards[1], shards[1]).Field);
        ShardedRunTests.Run(_folder.File("whole"), TwoShards.Job, new RunSettings(), RunGoal.Train);
        Assert.Contains("found a run that is not a shard, expected the folder of a shard",
            Refusal(shards[1], _folder.File("whole")).Message, StringComparison.Ordinal);
        Assert.Contains("no run.json", Refusal(shards[1], _folder.File("nowhere")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("target.safetensors")]
    [InlineData("attribution/head.partial/model-000001.npz")]
    [InlineData("retrained")]
    public void A_damaged_file_is_named(string name)
    {
        string other = Copy(2);
        string path = Path.Combine(other, name);
        if (Directory.Exists(path))
            path = Directory.GetFiles(path, "*.npz", SearchOption.AllDirectories)[0];
        byte[] bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 4;
        File.WriteAllBytes(path, bytes);

        BadInputException error = Refusal(shards[1], other);

        Assert.Equal((path, "SHA-256"), (error.File, error.Field));
    }

    [Fact]
    public void Another_folder_is_asked_for_where_it_holds_a_shard_or_another_run()
    {
        string copy = Copy(1);
        Assert.Contains("Shards are not changed", Assert.Throws<BadInputException>(() => Merge(copy, shards[1], shards[2])).Message,
            StringComparison.Ordinal);
        string other = _folder.File("other");
        ShardedRunTests.Run(other, TwoShards.Job with { Training = TwoShards.Job.Training with { Epochs = 1 } }, new RunSettings(),
            RunGoal.Train);
        byte[] target = File.ReadAllBytes(Path.Combine(other, "target.safetensors"));

        BadInputException error = Assert.Throws<BadInputException>(() => Merge(other, shards[1], shards[2]));

        Assert.Equal("$.stages, train, key", error.Field);
        Assert.Equal(target, File.ReadAllBytes(Path.Combine(other, "target.safetensors")));
    }

    [Fact]
    public void Where_the_data_lie_does_not_matter_but_what_they_are()
    {
        string other = Copy(2);
        string record = Path.Combine(other, "run.json");
        File.WriteAllText(record,
            WithoutSeal(File.ReadAllText(record)
            .Replace("\"source\": \"generated", "\"source\": \"/elsewhere/generated", StringComparison.Ordinal)));
        Merge(_folder.File("merged"), shards[1], other);

        BadInputException error = Assert.Throws<BadInputException>(
            () => Merge(_folder.File("wrong"), [shards[1], other],
            "generated:classes=3,per-class=12,test-per-class=6,size=8,clusters=2,seed=2"));

        Assert.Equal("$.data.sha256", error.Field);
        Assert.Contains("--data", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prepared_run_of_other_data_or_a_shard_is_not_taken_from()
    {
        Job other = TwoShards.Job with { Data = TwoShards.Job.Data with { Seed = 2, TestPerClass = 5 } };
        Assert.Equal("$.shard", Assert.Throws<BadInputException>(
            () => ShardedRunTests.Run(_folder.File("new"), other, new RunSettings { From = shards[1] })).Field);
        ShardedRunTests.Run(_folder.File("base"), TwoShards.Job, new RunSettings(), RunGoal.Train);
        Assert.Equal("$.data.sha256",
            Assert.Throws<BadInputException>(
            () => ShardedRunTests.Run(_folder.File("new"), other, new RunSettings { From = _folder.File("base") })).Field);
        Assert.Contains("no run.json",
            Assert.Throws<BadInputException>(
            () => ShardedRunTests.Run(_folder.File("new"), other, new RunSettings { From = _folder.File("none") })).Message,
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("new")));
    }

    private BadInputException Refusal(params string[] folders)
    {
        BadInputException error = Assert.Throws<BadInputException>(() => Merge(_folder.File("refused"), folders));
        Assert.False(Directory.Exists(_folder.File("refused")));
        return error;
    }

    private static void Merge(string folder, params string[] of) => Merge(folder, of, null);

    private static void Merge(string folder, string[] of, string? source)
    {
        using var device = new CpuDevice(2);
        ShardMerge.Run(folder, of, new InputPlaces { Data = source }, new RunSettings(), device, new RecordingListener(),
            CancellationToken.None);
    }

    /// <summary>As if ddm had written it so: an edited record would be noticed by its seal before anything in it is compared.</summary>
    private static string WithoutSeal(string record) => Regex.Replace(record, "\"seal\": \"[0-9a-f]+\"", "\"seal\": null");

    private string Copy(int index)
    {
        string copy = _folder.File($"copy-{index}");
        foreach (string path in Directory.EnumerateFiles(shards[index], "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(copy, Path.GetRelativePath(shards[index], path));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(path, to);
        }

        return copy;
    }
}
