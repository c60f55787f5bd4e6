using System.Diagnostics;
using System.Diagnostics.Metrics;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>
/// Spans and metrics are the process's: what other tests do at the same time is told apart by the run's folder and by its stages' spans'
/// parents.
/// </summary>
public sealed class RunTelemetryTests : IDisposable
{
    private static readonly Job Job = new()
    {
        Data = new JobData { Source = "generated:classes=2,per-class=8,test-per-class=4,size=8" },
        Network = new JobNetwork { Width = 4, Depth = 1 },
        Training = new JobTraining { Epochs = 2, BatchSize = 8 },
        Groups = new JobGroups { PerClass = 2 },
        Attribution = new JobAttribution { Methods = ["head"] },
    };

    private static readonly string[] Stages
        = ["train", "groups", "online:head", "reference", "attribute", "samples", "misclassified", "suspects"];

    private readonly string _folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly List<Activity> _spans = [];
    private readonly ActivityListener _listener;

    public RunTelemetryTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == RunTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span =>
            {
                lock (_spans)
                    _spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose()
    {
        _listener.Dispose();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_run_is_a_span_and_each_stage_one_in_it_with_key_time_and_figures()
    {
        Run(Job, default);

        Activity run = Runs().Single();
        Assert.Equal("attribute", run.GetTagItem("ddm.run.goal"));
        Assert.Equal(ActivityStatusCode.Ok, run.Status);
        Activity[] stages = StagesOf(run);
        Assert.Equal(Stages, stages.Select(stage => stage.OperationName));
        RunRecord record = RunFolder.Peek(_folder)!;
        foreach ((Activity span, StageRecord stage) in stages.Zip(record.Stages))
        {
            Assert.Equal(stage.Key, span.GetTagItem("ddm.stage.key"));
            Assert.Equal(stage.Seconds, span.GetTagItem("ddm.stage.seconds"));
            Assert.Equal(ActivityStatusCode.Ok, span.Status);
        }

        Assert.Equal(record.Stages[0].Figures["test_accuracy"], stages[0].GetTagItem("ddm.figure.test_accuracy"));
    }

    [Fact]
    public void What_is_passed_over_is_a_moment_of_the_run()
    {
        Run(Job, default);
        Run(Job, default);

        Activity again = Runs()[1];
        Assert.Empty(StagesOf(again));
        Assert.Equal(Stages, again.Events.Select(moment => (string)moment.Tags.Single(tag => tag.Key == "ddm.stage").Value!));
    }

    [Fact]
    public void A_failed_stage_and_an_interrupted_one_are_errors_that_say_what_they_are()
    {
        Assert.Throws<IOException>(() => Run(Job, default, new AtProgress(() => throw new IOException("no space left"))));
        Activity failed = StagesOf(Runs().Single()).Single();
        Assert.Equal((ActivityStatusCode.Error, "no space left"), (failed.Status, failed.StatusDescription));
        Assert.Equal("exception", failed.Events.Single().Name);

        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => Run(Job, stop.Token, new AtProgress(stop.Cancel)));
        Activity interrupted = Runs()[1];
        Assert.Equal((ActivityStatusCode.Error, "interrupted"), (interrupted.Status, interrupted.StatusDescription));
        Assert.Equal(true, StagesOf(interrupted).Single().GetTagItem("ddm.interrupted"));
    }

    [Fact]
    public void Work_is_counted_once_and_what_was_there_before_is_not()
    {
        var counted = new List<(string Unit, double Count, string Stage)>();
        using var meters = new MeterListener { InstrumentPublished = (instrument,
            listener) => { if (instrument.Meter.Name == RunTelemetry.Name) listener.EnableMeasurementEvents(instrument); } };
        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            lock (counted)
                counted.Add((instrument.Name, value, tags.ToArray().FirstOrDefault(tag => tag.Key == "ddm.stage").Value as string ?? ""));
        });
        meters.Start();
        string stage = Path.GetRandomFileName();
        IRunListener metered = MeteredListener.Around(new RecordingListener());
        IRunListener nested = MeteredListener.Around(new NestedListener("inner", metered));

        nested.Stage(stage, "a stage", isDone: false);
        nested.Resumed(10, "widgets");
        nested.Progress(12, 20, "widgets");
        nested.Progress(20, 20, "widgets");
        nested.Progress(3, 5, "widgets"); // a second loop of the same stage

        (string Unit, double Count, string Stage)[] own;
        lock (counted)
            own = [.. counted.Where(count => count.Stage == "inner/" + stage)];
        Assert.Equal([2, 8, 3], own.Select(count => count.Count));
        Assert.All(own, count => Assert.Equal("ddm.widgets", count.Unit));
    }

    private void Run(Job job, CancellationToken stop, IRunListener? listener = null)
    {
        using var device = new CpuDevice(1);
        Runner.Run(_folder, job, RunGoal.Attribute, new RunSettings(), device, listener ?? new RecordingListener(), stop);
    }

    private List<Activity> Runs()
    {
        lock (_spans)
            return [.. _spans.Where(span => (string?)span.GetTagItem("ddm.run.folder") == _folder)];
    }

    private Activity[] StagesOf(Activity run)
    {
        lock (_spans)
            return [.. _spans.Where(span => span.ParentSpanId == run.SpanId && span.TraceId == run.TraceId)];
    }

    private sealed class AtProgress(Action what) : IRunListener
    {
        public void Stage(string stage, string title, bool isDone)
        {
        }

        public void Progress(double done, double total, string unit) => what();

        public void Finished(string stage, double seconds)
        {
        }

        public void Note(string message)
        {
        }
    }
}
