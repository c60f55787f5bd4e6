namespace DdmNative.Cli.Telemetry;

/// <summary>What the environment says of telemetry, in OpenTelemetry's own variables; where the endpoint is and how it is spoken to the SDK reads for itself.</summary>
/// <param name="Traces">Whether spans are exported.</param>
/// <param name="Metrics">Whether metrics are.</param>
internal sealed record TelemetrySettings(bool Traces, bool Metrics)
{
    /// <summary>Null where nothing is to be exported: no endpoint is named, or <c>OTEL_SDK_DISABLED</c> is true, or both exporters are <c>none</c>.</summary>
    public static TelemetrySettings? OfEnvironment() => From(Environment.GetEnvironmentVariable);

    internal static TelemetrySettings? From(Func<string, string?> variable)
    {
        if (string.Equals(variable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
            return null;
        bool Exports(string signal)
            => variable($"OTEL_{signal}_EXPORTER") is not "none" && (variable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 } || variable($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") is { Length: > 0 });
        var settings = new TelemetrySettings(Exports("TRACES"), Exports("METRICS"));
        return settings is { Traces: false, Metrics: false } ? null : settings;
    }
}
