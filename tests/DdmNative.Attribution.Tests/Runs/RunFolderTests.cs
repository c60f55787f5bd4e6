using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Runs;
using DdmNative.Attribution.Runs.Jobs;
using Xunit;

namespace DdmNative.Attribution.Tests.Runs;

public sealed class RunFolderTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void What_is_saved_is_read_back()
    {
        RunRecord record = RecordWith(new Job { Seed = 7, Data = new JobData { Source = "generated" } });
        using (var run = RunFolder.Open(_folder))
            run.Save(record);

        RunRecord read = RunFolder.Peek(_folder)!;

        Assert.Equal(record.Job, read.Job);
        Assert.Equal("abc", read.Stages.Single().Key);
        Assert.Equal(0.5, read.Stages.Single().Figures["x"]);
    }

    [Fact]
    public void A_folder_with_other_things_in_it_is_left_alone()
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Path.Combine(_folder, "thesis.txt"), "precious");

        Assert.Throws<BadInputException>(() => RunFolder.Open(_folder));

        Assert.Equal(["thesis.txt"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void One_run_at_a_time_holds_a_folder()
    {
        using var first = RunFolder.Open(_folder);

        var error = Assert.Throws<BadInputException>(() => RunFolder.Open(_folder));

        Assert.StartsWith($"that it is in use, by process {Environment.ProcessId} on {Environment.MachineName}, since ", error.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_killed_process_has_left_of_its_hold_hinders_nobody()
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Path.Combine(_folder, "run.holder"), "process 1 on elsewhere, since 2026-01-01 00:00:00 UTC\n");
        File.WriteAllText(Path.Combine(_folder, "run.lock"), "");

        using (var run = RunFolder.Open(_folder))
            Assert.Null(run.Record);

        Assert.Equal(["run.lock"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void A_folder_that_was_killed_before_its_first_record_can_be_used()
    {
        RunFolder.Open(_folder).Dispose();

        using var again = RunFolder.Open(_folder);

        Assert.Null(again.Record);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"format\": 1}")]
    public void A_damaged_record_is_bad_input(string json)
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Path.Combine(_folder, "run.json"), json);

        Assert.Throws<BadInputException>(() => RunFolder.Open(_folder));
    }

    [Fact]
    public void A_record_of_a_newer_version_is_refused()
    {
        using (var run = RunFolder.Open(_folder))
            run.Save(RecordWith(new Job { Data = new JobData { Source = "generated" } }) with { Format = 2 });

        var error = Assert.Throws<BadInputException>(() => RunFolder.Peek(_folder));

        Assert.Equal("$.format", error.Field);
    }

    /// <summary>A run's folder is known by its lock. What is damaged is kept for whoever wants to look, and the run begins anew.</summary>
    [Fact]
    public void A_damaged_record_of_a_run_is_set_aside_and_that_is_said()
    {
        using (var run = RunFolder.Open(_folder))
            run.Save(RecordWith(new Job { Data = new JobData { Source = "generated" } }));
        string path = Path.Combine(_folder, "run.json");
        byte[] half = File.ReadAllBytes(path)[..100];
        File.WriteAllBytes(path, half);

        using (var again = RunFolder.Open(_folder))
        {
            Assert.Null(again.Record);
            Assert.Contains("Kept as " + path + ".damaged", Assert.Single(again.Amiss), StringComparison.Ordinal);
            Assert.Equal(half, File.ReadAllBytes(path + ".damaged"));
            again.Save(RecordWith(new Job { Data = new JobData { Source = "generated" } }));
        }

        Assert.NotNull(RunFolder.Peek(_folder));
    }

    [Fact]
    public void A_figure_that_was_edited_is_noticed()
    {
        using (var run = RunFolder.Open(_folder))
            run.Save(RecordWith(new Job { Data = new JobData { Source = "generated" } }));
        string path = Path.Combine(_folder, "run.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"x\": 0.5", "\"x\": 0.6", StringComparison.Ordinal));

        Assert.Equal("$.seal", Assert.Throws<BadInputException>(() => RunFolder.Peek(_folder)).Field);
    }

    [Fact]
    public void What_a_killed_run_has_half_written_is_removed_and_that_is_said()
    {
        using (var run = RunFolder.Open(_folder))
            run.Save(RecordWith(new Job { Data = new JobData { Source = "generated" } }));
        Directory.CreateDirectory(Path.Combine(_folder, "synset"));
        File.WriteAllText(Path.Combine(_folder, "synset", "forward-1.safetensors.tmp"), "half");
        using var again = RunFolder.Open(_folder);

        Assert.Empty(Directory.GetFiles(_folder, "*.tmp", SearchOption.AllDirectories));
        Assert.StartsWith("1 half-written file", Assert.Single(again.Amiss), StringComparison.Ordinal);
    }

    private static RunRecord RecordWith(Job job) => new()
    {
        Version = "0.1.0",
        Runtime = "test",
        Device = "test",
        Job = job,
        Stages = [new StageRecord { Name = "train", Key = "abc", Figures = new Dictionary<string, double> { ["x"] = 0.5 } }],
    };
}
