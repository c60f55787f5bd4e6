using System.Text.Json;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>Whatever becomes of a command, <c>--json</c> leaves exactly one JSON object on standard output.</summary>
[Collection(Commands.Name)]
public sealed class JsonOutputTests(RunFiles files)
{
    [Theory]
    [InlineData("test_accuracy", "train", "--run", "WHOLE")]
    [InlineData("test_accuracy", "distill", "--run", "WHOLE")]
    [InlineData("most_helpful", "attribute", "--run", "WHOLE")]
    [InlineData("ceiling", "validate", "--run", "WHOLE")]
    [InlineData("unlearned", "unlearn", "--run", "WHOLE", "--remove", "0,3")]
    [InlineData("methods", "run", "JOB", "--run", "WHOLE")]
    [InlineData("report", "report", "--run", "WHOLE")]
    [InlineData("rows", "compare", "WHOLE")]
    [InlineData("rows", "compare", "WHOLE", "--each")]
    [InlineData("devices", "devices")]
    [InlineData("loops", "profile", "JOB", "--rounds", "1")]
    [InlineData("methods", "attribute", "--list-methods")]
    public void A_result_is_one_object(string property, params string[] arguments)
    {
        Ddm.Result result = Run(arguments);

        Assert.True(result.Code == 0, result.Error);
        Assert.NotEqual(JsonValueKind.Null, One(result.Output).GetProperty(property).ValueKind);
    }

    [Fact]
    public void The_rows_of_a_comparison_are_those_of_its_table()
    {
        JsonElement[] rows = [.. One(Run("compare", "WHOLE").Output).GetProperty("rows").EnumerateArray()];

        Assert.Equal("ceiling", rows[0].GetProperty("kind").GetString());
        Assert.Equal(8, rows.Count(row => row.GetProperty("kind").GetString() == "method"));
        Assert.InRange(rows[^1].GetProperty("correlations").GetProperty("same").GetProperty("mean").GetDouble(), -1, 1);
    }

    [Theory]
    [InlineData(2, "bad_usage", "fly")]
    [InlineData(2, "bad_usage", "train", "--speed", "9")]
    [InlineData(2, "bad_usage", "train", "--run", "NEW")]
    [InlineData(2, "bad_usage", "run", "JOB")]
    [InlineData(3, "bad_input", "train", "--run", "NEW", "--data", "/nowhere")]
    [InlineData(3, "bad_input", "compare", "/nowhere")]
    [InlineData(3, "bad_input", "report", "--run", "/nowhere")]
    [InlineData(3, "bad_input", "profile", "/nowhere")]
    [InlineData(4, "device_trouble", "train", "--run", "NEW", "--data", "generated", "--device", "tpu")]
    public void An_error_is_one_object_too(int code, string kind, params string[] arguments)
    {
        Ddm.Result result = Run(arguments);

        JsonElement error = One(result.Output).GetProperty("error");
        Assert.Equal(code, result.Code);
        Assert.Equal((code, kind), (error.GetProperty("exit_code").GetInt32(), error.GetProperty("kind").GetString()));
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
    }

    [Fact]
    public void An_error_in_a_job_file_is_named_in_parts_and_the_log_says_the_same()
    {
        string job = files.PathOf("wrong.json");
        File.WriteAllText(job, Ddm.TinyJob.Replace("\"epochs\": 3", "\"epochs\": -3", StringComparison.Ordinal));

        Ddm.Result result = Run("run", job, "--run", "NEW", "--log-format", "json");

        JsonElement error = One(result.Output).GetProperty("error"), log = One(result.Error);
        Assert.Equal(("error", "failed"), (log.GetProperty("level").GetString(), log.GetProperty("event").GetString()));
        foreach (JsonElement told in (JsonElement[])[error, log])
        {
            Assert.Equal(job, told.GetProperty("file").GetString());
            Assert.Equal("$.training.epochs", told.GetProperty("field").GetString());
            Assert.Equal(4, told.GetProperty("line").GetInt32());
            Assert.Equal("-3", told.GetProperty("found").GetString());
            Assert.Equal("a whole number from 1 to 100000", told.GetProperty("expected").GetString());
            Assert.Equal("Correct the job file.", told.GetProperty("fix").GetString());
        }
    }

    [Fact]
    public void A_json_log_is_an_object_a_line()
    {
        Ddm.Result result = Run("run", "JOB", "--run", "WHOLE", "--log-format", "json", "--log-level", "debug");

        JsonElement[] lines = [.. result.Error.TrimEnd().Split('\n').Select(One)];
        Assert.Contains(lines, line => line.GetProperty("event").GetString() == "stage_passed_over"
            && line.GetProperty("stage").GetString() == "train");
        Assert.Equal("run", lines[^1].GetProperty("span").GetString());
    }

    [Fact]
    public void The_schema_is_printed_without_a_run()
        => Assert.Equal("https://json-schema.org/draft/2020-12/schema",
            One(Ddm.Run("run", "--schema").Output).GetProperty("$schema").GetString());

    private Ddm.Result Run(params string[] arguments)
        => Ddm.Run([.. arguments.Select(
            argument => argument switch { "WHOLE" => files.Whole, "JOB" => files.Job,
            "NEW" => files.PathOf("none-" + Path.GetRandomFileName()), _ => argument }), "--json"]);

    private static JsonElement One(string text) => JsonDocument.Parse(text).RootElement;
}
