using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Runs;
using DdmNative.Attribution.Runs.Jobs;
using Xunit;

namespace DdmNative.Attribution.Tests.Runs;

public sealed class PipelineTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly List<string> _ran = [];
    private readonly Listener _listener = new();

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

    private void Run(int settingOfA, int settingOfC, string data = "data", string? failing = null, CancellationTokenSource? stop = null, string? stopAfter = null)
    {
        FakeStage Make(string name, int setting, params string[] needs) => new(name, setting, needs, () =>
        {
            if (name == failing)
                throw new InvalidOperationException(name);
            _ran.Add(name);
            if (name == stopAfter)
                stop!.Cancel();
        });
        var job = new Job { Data = new JobData { Source = "generated" } };
        using var run = RunFolder.Open(_folder);
        run.Save(new RunRecord { Version = "0", Runtime = "", Device = "", Job = job, Stages = run.Record?.Stages ?? [] });
        var pipeline = new Pipeline([Make("a", settingOfA), Make("b", 1, "a"), Make("c", settingOfC)], data);
        pipeline.Run(run, key => new StageContext(run, job, new RunSettings(), null!, null!, _listener, key, stop?.Token ?? default), _listener);
    }

    private sealed class FakeStage(string name, int setting, string[] needs, Action work) : Stage
    {
        public override string Name => name;

        public override string Title => name;

        public override IReadOnlyList<string> Needs => needs;

        public override object Settings => new { setting };

        public override StageResult Run(StageContext context)
        {
            work();
            AtomicFile.WriteText(context.PathFor(name + ".txt"), name);
            return new StageResult(name + ".txt");
        }
    }

    private sealed class Listener : IRunListener
    {
        public List<string> Notes { get; } = [];

        public void Stage(string stage, string title, bool isDone)
        {
        }

        public void Progress(double done, double total, string unit)
        {
        }

        public void Finished(string stage, double seconds)
        {
        }

        public void Note(string message) => Notes.Add(message);
    }
}
