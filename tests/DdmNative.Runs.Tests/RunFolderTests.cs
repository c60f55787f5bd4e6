using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using Xunit;

namespace DdmNative.Runs.Tests;

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

        Assert.StartsWith($"in use by process {Environment.ProcessId} on {Environment.MachineName}, since ", error.Found,
            StringComparison.Ordinal);
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

    [Theory]
    [InlineData("../planted")]
    [InlineData("/etc/planted")]
    [InlineData("a/../../planted")]
    [InlineData("")]
    public void A_record_that_lists_files_outside_the_run_is_refused(string name)
    {
        RunRecord record = RecordWith(new Job { Data = new JobData { Source = "generated" } });
        using (var run = RunFolder.Open(_folder))
            run.Save(record with { Stages = [record.Stages[0] with { Files = new Dictionary<string, string> { [name] = "abc" } }] });

        Assert.Equal("$.stages[].files", Assert.Throws<BadInputException>(() => RunFolder.Peek(_folder)).Field);
    }

    [Fact]
    public void A_run_with_a_link_to_a_folder_in_it_is_refused()
    {
        using (var run = RunFolder.Open(_folder))
            run.Save(RecordWith(new Job { Data = new JobData { Source = "generated" } }));
        string elsewhere = Directory.CreateTempSubdirectory().FullName;
        Directory.CreateSymbolicLink(Path.Combine(_folder, "attribution"), elsewhere);

        Assert.Equal($"a link to {elsewhere}", Assert.Throws<BadInputException>(() => RunFolder.Open(_folder)).Found);

        Directory.Delete(elsewhere);
    }

    [Theory]
    [InlineData("run.lock", true)]
    [InlineData("run.holder", false)]
    [InlineData("run.json.tmp", false)]
    public void Links_among_a_runs_own_files_are_not_written_through(string name, bool refused)
    {
        using (var run = RunFolder.Open(_folder))
            run.Save(RecordWith(new Job { Data = new JobData { Source = "generated" } }));
        string precious = Path.GetTempFileName(), planted = Path.Combine(_folder, name);
        File.WriteAllText(precious, "precious");
        File.Delete(planted);
        File.CreateSymbolicLink(planted, precious);

        if (refused)
            Assert.Throws<BadInputException>(() => RunFolder.Open(_folder));
        else
            RunFolder.Open(_folder).Dispose();

        Assert.Equal("precious", File.ReadAllText(precious));
        File.Delete(precious);
    }

    [Fact]
    public void A_run_folder_that_is_a_file_or_below_one_is_refused()
    {
        File.WriteAllText(_folder, "");

        Assert.Equal("a file", Assert.Throws<BadInputException>(() => RunFolder.Open(_folder)).Found);
        Assert.Equal("a file", Assert.Throws<BadInputException>(() => RunFolder.Open(Path.Combine(_folder, "run"))).Found);

        File.Delete(_folder);
    }

    [Fact]
    public void A_runs_own_files_are_known_under_every_name_of_its_folder()
    {
        RunRecord record = RecordWith(new Job { Data = new JobData { Source = "generated" } });
        using (var run = RunFolder.Open(_folder))
            run.Save(record with { Stages = [
                record.Stages[0] with { Files = new Dictionary<string, string> { ["target.safetensors"] = "abc" } }] });
        string other = _folder + "-link";
        Directory.CreateSymbolicLink(other, _folder);

        foreach (string folder in (string[])[_folder, other])
        {
            Assert.Equal("run.json", RunFolder.OwnFileAt(_folder, Path.Combine(folder, "run.json")));
            Assert.Equal("target.safetensors", RunFolder.OwnFileAt(_folder, Path.Combine(folder, "target.safetensors")));
            Assert.Equal("retrained/a.npz", RunFolder.OwnFileAt(_folder, Path.Combine(folder, "retrained", "a.npz")));
            Assert.Null(RunFolder.OwnFileAt(_folder, Path.Combine(folder, "effects.csv")));
        }

        Assert.Null(RunFolder.OwnFileAt(_folder, Path.Combine(Path.GetTempPath(), "run.json")));
        Directory.Delete(other);
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
