using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DdmNative.Cli.Output;

/// <summary>
/// A log for machines: one JSON object per line, with <c>time</c> (UTC, ISO 8601), <c>level</c>, <c>event</c>, <c>message</c> and the
/// event's own fields (docs/headless.md).
/// </summary>
internal sealed class JsonLog(TextWriter output, LogLevel level) : ProgressView
{
    private static readonly JsonWriterOptions Form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _line = new();
    private string _stage = "";
    private double _lastLine;

    public override void Stage(string stage, string title, bool isDone)
    {
        if (isDone)
            Say(LogLevel.Info, "stage_passed_over", $"{stage}: already done", ("stage", stage), ("title", title));
        else
            Say(LogLevel.Info, "stage_started", $"{stage}: {title}", ("stage", stage), ("title", title));
        Rate.Begin();
        (_stage, _lastLine) = (stage, 0);
    }

    public override void Progress(double done, double total, string unit)
    {
        double rate = Rate.At(done);
        if (Rate.Seconds - _lastLine < SecondsBetweenLines || done >= total)
            return;
        _lastLine = Rate.Seconds;
        Say(LogLevel.Info, "progress", $"{_stage}: {Describe(done, total, unit, rate)}",
            ("stage", _stage), ("done", done), ("total", total), ("unit", unit), ("per_second", rate), ("seconds", _lastLine),
            ("seconds_left", rate > 0 ? (total - done) / rate : null));
    }

    public override void Finished(string stage, double seconds)
        => Say(LogLevel.Info, "stage_finished", $"{stage}: {Clock(seconds)}", ("stage", stage), ("seconds", seconds));

    public override void Say(LogLevel of, string what, string message, params IReadOnlyList<(string Name, object? Value)> fields)
    {
        if (of > level)
            return;
        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line, Form))
        {
            json.WriteStartObject();
            json.WriteString("time", DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("level", of.ToString().ToLowerInvariant());
            json.WriteString("event", what);
            json.WriteString("message", message);
            foreach ((string name, object? value) in fields)
            {
                json.WritePropertyName(name);
                JsonResult.Write(json, value);
            }

            json.WriteEndObject();
        }

        output.WriteLine(JsonResult.Escaped(Encoding.UTF8.GetString(_line.WrittenSpan)));
    }
}
