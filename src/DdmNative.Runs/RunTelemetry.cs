using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;

namespace DdmNative.Runs;

/// <summary>
/// The telemetry of runs, with the runtime's <see cref="ActivitySource"/> and <see cref="Meter"/>: a span for each run and each executed
/// stage; counters of finished work; durations and memory of stages. Without a listener it costs only a comparison. docs/headless.md
/// documents the names.
/// </summary>
public static class RunTelemetry
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "DdmNative";

    private static readonly Meter Meter = new(Name);
    private static readonly ConcurrentDictionary<string, Counter<double>> Work = new();
    private static readonly Histogram<double> StageDuration = Meter.CreateHistogram<double>("ddm.stage.duration", "s",
        "The duration of a finished stage.");
    private static readonly Gauge<long> PeakMemoryGauge = Meter.CreateGauge<long>("ddm.memory.peak", "By",
        "The peak resident memory of the process during the stage.");

    /// <summary>The source of spans.</summary>
    public static ActivitySource Source { get; } = new(Name);

    internal static Activity? StartRun(string folder, Job job, RunGoal goal, string device, RunInputs inputs)
    {
        Activity? span = Source.StartActivity("run");
        span?.SetTag("ddm.run.folder", folder).SetTag("ddm.run.goal", goal.ToString().ToLowerInvariant())
            .SetTag("ddm.version", Runner.Version).SetTag("ddm.device", device)
            .SetTag("ddm.data.source", job.Data.Source).SetTag("ddm.data.sha256", inputs.Sha256)
                .SetTag("ddm.data.train", inputs.Train.Count).SetTag("ddm.data.test", inputs.Test.Count)
            .SetTag("ddm.seed", (long)job.Seed).SetTag("ddm.methods", string.Join(", ", job.Attribution.Methods));
        return span;
    }

    internal static Activity? StartStage(Stage stage, string key)
        => Source.StartActivity(stage.Name)?.SetTag("ddm.stage", stage.Name).SetTag("ddm.stage.title", stage.Title)
            .SetTag("ddm.stage.key", key);

    /// <summary>A skipped stage has no span of its own, only an event in the run's span.</summary>
    internal static void PassedOver(string stage, string key)
        => Activity.Current?.AddEvent(
            new ActivityEvent("stage passed over", tags: new ActivityTagsCollection { ["ddm.stage"] = stage, ["ddm.stage.key"] = key }));

    internal static void Finished(Activity? span, StageRecord record)
    {
        var stage = new KeyValuePair<string, object?>("ddm.stage", record.Name);
        StageDuration.Record(record.Seconds, stage);
        if (record.PeakBytes > 0)
            PeakMemoryGauge.Record(record.PeakBytes, stage);
        if (span is null)
            return;
        span.SetTag("ddm.stage.seconds", record.Seconds).SetTag("ddm.stage.peak_bytes", record.PeakBytes)
            .SetTag("ddm.stage.files", record.Files.Count).SetStatus(ActivityStatusCode.Ok);
        foreach ((string name, double value) in record.Figures)
            span.SetTag("ddm.figure." + name, value);
    }

    /// <summary>Ends the span with an error; for a cancellation, the error says that the work can be resumed.</summary>
    public static void Failed(Activity? span, Exception e)
    {
        ArgumentNullException.ThrowIfNull(e);
        if (e is OperationCanceledException)
            span?.SetStatus(ActivityStatusCode.Error, "interrupted").SetTag("ddm.interrupted", true);
        else
            span?.SetStatus(ActivityStatusCode.Error, e.Message).AddException(e);
    }

    /// <summary>Adds finished steps, models, samples, … to the counter <c>ddm.UNIT</c>.</summary>
    internal static void Done(string stage, double count, string unit)
        => Work.GetOrAdd(unit, unit =>
            Meter.CreateCounter<double>("ddm." + unit, "{" + unit + "}", $"The {unit} that stages have finished."))
            .Add(count, new KeyValuePair<string, object?>("ddm.stage", stage));
}
