using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DdmNative.Cli.Telemetry;
using DdmNative.Runs.Folders;
using Xunit;

namespace DdmNative.Cli.Tests;

[Collection(Commands.Name)]
public sealed class TelemetryTests(RunFiles files)
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static readonly string[] Tiny = ["--data", "generated:classes=2,per-class=8,test-per-class=4,size=8", "--clusters", "2",
        "--depth", "head"];

    [Fact]
    public void A_run_is_a_trace_of_its_stages_and_its_work_is_counted()
    {
        using var server = new OtlpServer();
        string run = files.PathOf("traced");

        Ddm.Result result = Ddm.Run(
            Exporting(server.Endpoint, ("TRACEPARENT", Parent), ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")),
            ["attribute", "--run", run, .. Tiny]);

        Assert.True(result.Code == 0, result.Error);
        Dictionary<string, ProtobufMessage> spans = server.Spans.ToDictionary(span => span.Text(5));
        Assert.Equal(
            ["attribute", "ddm attribute", "groups", "misclassified", "online:head", "reference", "run", "samples", "suspects", "train"],
            spans.Keys.Order());
        Assert.All(spans.Values, span => Assert.Equal("0af7651916cd43dd8448eb211c80319c", span.Hex(1)));
        Assert.Equal("b7ad6b7169203331", spans["ddm attribute"].Hex(4));
        Assert.Equal(spans["run"].Hex(2), spans["train"].Hex(4));
        Assert.Equal(0L, spans["ddm attribute"].Attributes(9)["ddm.exit_code"]);
        StageRecord train = RunFolder.Peek(run)!.Stages[0];
        Dictionary<string, object> told = spans["train"].Attributes(9);
        Assert.Equal(train.Key, told["ddm.stage.key"]);
        Assert.Equal(train.Seconds, told["ddm.stage.seconds"]);
        Assert.Equal(train.Figures["test_accuracy"], told["ddm.figure.test_accuracy"]);

        Dictionary<string, ProtobufMessage> metrics = server.Metrics.ToDictionary(metric => metric.Text(1));
        ProtobufMessage steps = metrics["ddm.steps"].Message(7)!.Messages(1)
            .Single(point => (string)point.Attributes(7)["ddm.stage"] == "train");
        Assert.Equal(8, steps.Real(4)); // 16 images in batches of 64, for 8 epochs
        Assert.Equal(8, metrics["ddm.stage.duration"].Message(9)!.Messages(1).Count());
        Assert.All(metrics["ddm.memory.peak"].Message(5)!.Messages(1), point => Assert.InRange(point.Whole(6), 1 << 20, 1L << 40));
        Dictionary<string, object> resource = server.Requests[0].Message.Message(1)!.Message(1)!.Attributes(1);
        Assert.Equal(("ddm", "test"), (resource["service.name"], resource["deployment.environment"]));
    }

    [Fact]
    public void A_failure_is_a_trace_too_with_status_and_exit_code()
    {
        using var server = new OtlpServer();

        Ddm.Result result = Ddm.Run(Exporting(server.Endpoint), "train", "--run", files.PathOf("untraced"), "--data", "/nowhere");

        Assert.Equal(ExitCode.BadInput, result.Code);
        ProtobufMessage command = server.Spans.Single();
        Assert.Equal(3L, command.Attributes(9)["ddm.exit_code"]);
        Assert.Equal(2, command.Message(15)!.Whole(3)); // STATUS_CODE_ERROR
        Assert.Contains("/nowhere", command.Message(15)!.Text(2), StringComparison.Ordinal);
    }

    [Fact]
    public void An_endpoint_that_refuses_or_never_answers_neither_fails_a_run_nor_holds_it_up()
    {
        string run = files.PathOf("unheard");
        Assert.Equal(0, Ddm.Run(["attribute", "--run", run, .. Tiny]).Code);
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        double plain = 0, refused = 0, unanswered = 0;
        bool isHeldUp = true;
        // A run that waits for the endpoint takes ten seconds longer each time; one that other processes hold up does so by chance.
        for (int attempt = 0; attempt < 6 && isHeldUp; attempt++)
        {
            plain = SecondsOf(run, []);
            refused = SecondsOf(run, Exporting($"http://127.0.0.1:{OtlpServer.FreePort()}"));
            unanswered = SecondsOf(run, Exporting($"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}"));
            // The end may wait for two seconds; the rest is for loading the exporter.
            isHeldUp = refused >= plain + 8 || unanswered >= plain + 8;
        }

        Assert.False(isHeldUp, $"{plain:0.0} s without, {refused:0.0} s refused, {unanswered:0.0} s unanswered");
    }

    [Theory]
    [InlineData(true, true, "OTEL_EXPORTER_OTLP_ENDPOINT=http://x")]
    [InlineData(true, false, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://x")]
    [InlineData(false, true, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://x")]
    [InlineData(false, true, "OTEL_EXPORTER_OTLP_ENDPOINT=http://x", "OTEL_TRACES_EXPORTER=none")]
    [InlineData(false, false)]
    [InlineData(false, false, "OTEL_EXPORTER_OTLP_ENDPOINT=")]
    [InlineData(false, false, "OTEL_EXPORTER_OTLP_ENDPOINT=http://x", "OTEL_SDK_DISABLED=TRUE")]
    [InlineData(false, false, "OTEL_EXPORTER_OTLP_ENDPOINT=http://x", "OTEL_TRACES_EXPORTER=none", "OTEL_METRICS_EXPORTER=none")]
    public void It_is_on_where_an_endpoint_is_set_and_nothing_says_no(bool traces, bool metrics, params string[] variables)
    {
        var environment = variables.Select(variable => variable.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1]);

        TelemetrySettings? settings = TelemetrySettings.From(name => environment.GetValueOrDefault(name));

        Assert.Equal(traces || metrics ? new TelemetrySettings(traces, metrics) : null, settings);
    }

    private static double SecondsOf(string run, Dictionary<string, string> environment)
    {
        var watch = Stopwatch.StartNew();
        Ddm.Result result = Ddm.Run(environment, "attribute", "--run", run);
        Assert.True(result.Code == 0, result.Error);
        return watch.Elapsed.TotalSeconds;
    }

    private static Dictionary<string, string> Exporting(string endpoint, params (string Name, string Value)[] more)
        => new(more.Select(variable => KeyValuePair.Create(variable.Name, variable.Value))) { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf" };
}
