namespace DdmNative.Cli.Telemetry;

/// <summary>
/// The telemetry settings from OpenTelemetry's own environment variables. The SDK reads the endpoint and its protocol itself.
/// </summary>
/// <param name="Traces">Whether spans are exported.</param>
/// <param name="Metrics">Whether metrics are exported.</param>
internal sealed record TelemetrySettings(bool Traces, bool Metrics)
{
    /// <summary>
    /// Returns null if nothing is to be exported: no endpoint is set, or <c>OTEL_SDK_DISABLED</c> is true, or both exporters are
    /// <c>none</c>.
    /// </summary>
    public static TelemetrySettings? FromEnvironment() => From(Environment.GetEnvironmentVariable);

    internal static TelemetrySettings? From(Func<string, string?> variable)
    {
        if (string.Equals(variable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
            return null;
        bool Exports(string signal)
            => variable($"OTEL_{signal}_EXPORTER") is not "none"
                && (variable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 }
                    || variable($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") is { Length: > 0 });
        var settings = new TelemetrySettings(Exports("TRACES"), Exports("METRICS"));
        return settings is { Traces: false, Metrics: false } ? null : settings;
    }
}
