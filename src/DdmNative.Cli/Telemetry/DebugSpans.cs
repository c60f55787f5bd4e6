using System.Diagnostics;
using System.Globalization;
using DdmNative.Runs;
using DdmNative.Cli.Output;

namespace DdmNative.Cli.Telemetry;

/// <summary>At the debug level, logs what a span contains when it ends: keys, figures and memory.</summary>
internal sealed class DebugSpans : IDisposable
{
    private readonly ProgressView _log;
    private readonly ActivityListener _listener;

    public DebugSpans(ProgressView log)
    {
        _log = log;
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == RunTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = Log,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    private void Log(Activity span)
    {
        (string Name, object? Value)[] tags = [.. span.TagObjects.Select(tag => (tag.Key, tag.Value))];
        string values = string.Join(", ", tags.Select(tag => string.Create(CultureInfo.InvariantCulture, $"{tag.Name}={tag.Value}")));
        _log.Say(LogLevel.Debug, "span", $"{span.DisplayName}: {values}",
            [("span", span.DisplayName), ("span_seconds", span.Duration.TotalSeconds), .. tags]);
    }
}
