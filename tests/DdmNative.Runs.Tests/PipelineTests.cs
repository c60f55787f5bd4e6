using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using Xunit;

namespace DdmNative.Runs.Tests;

public sealed class PipelineTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly List<string> _ran = [];
    private readonly RecordingListener _listener = new();
    private string _contentOfA = "a";

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_finished_is_not_done_again()
    {
        Run(1, 1);
        Run(1, 1);

        Assert.Equal(["a", "b", "c"], _ran);
    }

    [Fact]
    public void A_changed_setting_redoes_its_stage_and_those_that_need_it_and_says_so()
    {
        Run(1, 1);
        _ran.Clear();

        Run(2, 1);

        Assert.Equal(["a", "b"], _ran);
        Assert.Contains(_listener.Notes, note => note.StartsWith("a: a setting", StringComparison.Ordinal));
    }

    [Fact]
    public void A_changed_setting_leaves_what_does_not_need_it()
    {
        Run(1, 1);
        _ran.Clear();

        Run(1, 2);

        Assert.Equal(["c"], _ran);
    }

    [Fact]
    public void Other_data_redo_everything()
    {
        Run(1, 1);
        _ran.Clear();

        Run(1, 1, data: "others");

        Assert.Equal(["a", "b", "c"], _ran);
    }

    [Fact]
    public void A_file_that_is_missing_or_changed_is_made_again()
    {
        Run(1, 1);
        File.Delete(Path.Combine(_folder, "b.txt"));
        File.AppendAllText(Path.Combine(_folder, "c.txt"), "!");
        _ran.Clear();

        Run(1, 1);

        Assert.Equal(["b", "c"], _ran);
    }

    /// <summary>On the same kind of device a stage comes out the same to the bit, and what was made of it stands.</summary>
    [Fact]
    public void What_has_read_a_file_that_comes_out_the_same_is_left()
    {
        Run(1, 1);
        File.Delete(Path.Combine(_folder, "a.txt"));
        _ran.Clear();

        Run(1, 1);

        Assert.Equal(["a"], _ran);
    }

    /// <summary>On another device it may not; and a kill between the two must not make that be forgotten.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_has_read_a_file_that_comes_out_otherwise_is_done_again(bool interrupted)
    {
        Run(1, 1);
        File.Delete(Path.Combine(_folder, "a.txt"));
        _contentOfA = "another device's a";
        _ran.Clear();
        if (interrupted)
        {
            using var stop = new CancellationTokenSource();
            Assert.Throws<OperationCanceledException>(() => Run(1, 1, stop: stop, stopAfter: "a"));
        }

        Run(1, 1);

        Assert.Equal(["a", "b"], _ran);
        Assert.Contains("b: it read files of a that have changed since; recomputing.", _listener.Notes);
    }

    [Fact]
    public void The_next_start_says_what_was_finished_what_was_interrupted_and_what_is_done_again()
    {
        Assert.Throws<InvalidOperationException>(() => Run(1, 1, failing: "b"));
        Assert.Empty(_listener.Notes);

        Assert.Throws<InvalidOperationException>(() => Run(1, 1, failing: "c"));
        Run(2, 1);
        File.Delete(Path.Combine(_folder, "c.txt"));
        Run(2, 1);
        Run(2, 1);

        Assert.Equal(
        [
            "Resuming: 1 of 3 stages is finished; b was interrupted and starts again; 1 not started.",
            "Resuming: 0 of 3 stages are finished; c was interrupted and starts again; a recomputed (a setting or the data have changed); "
            + "b recomputed (it needs a, whose settings or data have changed).",
            "Resuming: 2 of 3 stages are finished; c recomputed (c.txt is missing or has been changed).",
            "All 3 stages are finished.",
        ], _listener.Notes.Where(note => note.StartsWith("Resuming", StringComparison.Ordinal)
        || note.StartsWith("All", StringComparison.Ordinal)));
    }

    /// <summary>Killed after the record and before the cleaning: the next start cleans.</summary>
    [Fact]
    public void Partial_results_of_a_finished_stage_are_removed()
    {
        Run(1, 1);
        string partial = Path.Combine(_folder, "a.partial");
        Directory.CreateDirectory(partial);

        Run(1, 1);

        Assert.False(Directory.Exists(partial));
        Assert.Equal(["a", "b", "c"], _ran);
    }

    [Fact]
    public void A_stage_that_fails_counts_as_never_begun()
    {
        Run(1, 1);
        Assert.Throws<InvalidOperationException>(() => Run(3, 1, failing: "a"));
        _ran.Clear();

        Run(1, 1);

        Assert.Equal(["a"], _ran);
    }

    [Fact]
    public void An_interruption_keeps_what_is_finished()
    {
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Run(1, 1, stop: stop, stopAfter: "a"));

        Assert.Equal(["a"], RunFolder.Peek(_folder)!.Stages.Select(stage => stage.Name));
    }

    private void Run(int settingOfA, int settingOfC, string data = "data", string? failing = null, CancellationTokenSource? stop = null,
        string? stopAfter = null)
    {
        FakeStage Make(string name, int setting, params string[] needs) => new(name, setting, needs, () =>
        {
            if (name == failing)
                throw new InvalidOperationException(name);
            _ran.Add(name);
            if (name == stopAfter)
                stop!.Cancel();
        }, () => name == "a" ? _contentOfA : name);
        var job = new Job { Data = new JobData { Source = "generated" } };
        using var run = RunFolder.Open(_folder);
        run.Save(new RunRecord { Version = "0", Runtime = "", Device = "", Job = job, Stages = run.Record?.Stages
            ?? [], Begun = run.Record?.Begun });
        var pipeline = new Pipeline([Make("a", settingOfA), Make("b", 1, "a"), Make("c", settingOfC)], data);
        pipeline.Run(run, key => new StageContext(run, job, new RunSettings(), null!, null!, _listener, key, stop?.Token ?? default),
            _listener);
    }

    private sealed class FakeStage(string name, int setting, string[] needs, Action work, Func<string> content) : Stage
    {
        public override string Name => name;

        public override string Title => name;

        public override IReadOnlyList<string> Needs => needs;

        public override object Settings => new { setting };

        public override string PartialPath => name + ".partial";

        public override StageResult Run(StageContext context)
        {
            work();
            AtomicFile.WriteText(context.PathFor(name + ".txt"), content());
            return new StageResult(name + ".txt");
        }
    }
}
