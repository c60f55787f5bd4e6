using System.Text.Json;
using DdmNative.Cli.Output;
using Xunit;

namespace DdmNative.Cli.Tests;

public sealed class LogTests
{
    [Fact]
    public void Every_json_line_is_an_object_with_time_level_event_and_message()
    {
        JsonElement[] lines = Json(LogLevel.Debug);

        Assert.All(lines, line =>
        {
            Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", line.GetProperty("time").GetString());
            Assert.Contains(line.GetProperty("level").GetString(), (string[])["error", "warning", "info", "debug"]);
            Assert.NotEmpty(line.GetProperty("event").GetString()!);
            Assert.NotEmpty(line.GetProperty("message").GetString()!);
        });
        Assert.Equal(["stage_passed_over", "stage_started", "note", "stage_finished", "span"],
            lines.Select(line => line.GetProperty("event").GetString()));
        Assert.Equal("train", lines[1].GetProperty("stage").GetString());
        Assert.Equal(2.5, lines[3].GetProperty("seconds").GetDouble());
        Assert.Equal(JsonValueKind.Null, lines[4].GetProperty("figure").ValueKind);
    }

    [Theory]
    [InlineData("error", 0)]
    [InlineData("warning", 1)]
    [InlineData("info", 4)]
    [InlineData("debug", 5)]
    public void A_level_takes_in_those_above_it_in_both_formats(string level, int lines)
    {
        LogSettings log = LogSettings.From(level, null, quiet: false);

        Assert.Equal(lines, Json(log.Level).Length);
        Assert.Equal(lines, Text(log.Level).Length);
    }

    [Fact]
    public void Quiet_is_the_level_error_and_contradicts_any_other()
    {
        Assert.Equal(LogLevel.Error, LogSettings.From(null, null, quiet: true).Level);
        Assert.Equal(LogLevel.Error, LogSettings.From("error", null, quiet: true).Level);
        Assert.Throws<BadUsageException>(() => LogSettings.From("debug", null, quiet: true));
    }

    [Theory]
    [InlineData("loud", null, "error, warning, info, debug")]
    [InlineData(null, "xml", "text or json")]
    public void What_is_no_level_or_format_is_refused_with_those_there_are(string? level, string? format, string expected)
        => Assert.Contains(expected, Assert.Throws<BadUsageException>(() => LogSettings.From(level, format, quiet: false)).Message,
            StringComparison.Ordinal);

    private static JsonElement[] Json(LogLevel level)
        => [.. Written(output => new JsonLog(output, level)).Select(line => JsonDocument.Parse(line).RootElement)];

    private static string[] Text(LogLevel level) => Written(output => new PlainProgress(output, level));

    private static string[] Written(Func<TextWriter, ProgressView> make)
    {
        var output = new StringWriter();
        using ProgressView view = make(output);
        view.Stage("groups", "cluster", isDone: true);
        view.Stage("train", "train the target", isDone: false);
        view.Progress(3, 12, "steps"); // too early for a line
        view.Note("look here: \"quotes\"\nand a line's end");
        view.Finished("train", 2.5);
        view.Say(LogLevel.Debug, "span", "train", ("figure", double.NaN));
        return [.. output.ToString().Replace("\"quotes\"\nand", "and", StringComparison.Ordinal)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }
}
