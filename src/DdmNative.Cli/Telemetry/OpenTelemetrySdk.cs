using DdmNative.Runs;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace DdmNative.Cli.Telemetry;

/// <summary>
/// The OpenTelemetry SDK with its OTLP exporters. Only this class names its types, so that the libraries are loaded when it is first used.
/// </summary>
internal sealed class OpenTelemetrySdk : IDisposable
{
    private const int MostMillisecondsToFlush = 2000;

    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _metrics;

    public OpenTelemetrySdk(TelemetrySettings settings)
    {
        // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come last, so they override the values before.
        ResourceBuilder resource = ResourceBuilder.CreateEmpty().AddService("ddm", serviceVersion: ProgramVersion.Text).AddTelemetrySdk()
            .AddEnvironmentVariableDetector();
        if (settings.Traces)
            _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(RunTelemetry.Name).AddOtlpExporter().Build();
        if (settings.Metrics)
            _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(RunTelemetry.Name).AddOtlpExporter().Build();
    }

    /// <summary>Flushes both exporters at the same time, with a time limit, on threads that do not keep the process alive.</summary>
    public void Dispose()
    {
        var flush = Task.WhenAll(
            Task.Run(() => _traces?.Shutdown(MostMillisecondsToFlush)),
            Task.Run(() => _metrics?.Shutdown(MostMillisecondsToFlush)));
        flush.Wait(MostMillisecondsToFlush);
    }
}
