using System.Diagnostics;
using CommandLine;
using DdmNative.Runs;
using DdmNative.Cli.Verbs;

namespace DdmNative.Cli.Telemetry;

/// <summary>
/// Exports traces and metrics with OpenTelemetry if the environment names an endpoint; only then are its libraries loaded. The command is
/// the root of the trace, or a child of the span in <c>TRACEPARENT</c>. If the endpoint fails, the command continues, and waits for it only
/// for a limited time at its end.
/// </summary>
internal sealed class TelemetryExport : IDisposable
{
    private readonly OpenTelemetrySdk _sdk;
    private readonly Activity? _command;

    private TelemetryExport(TelemetrySettings settings, string verb)
    {
        _sdk = new OpenTelemetrySdk(settings);
        _ = ActivityContext.TryParse(Environment.GetEnvironmentVariable("TRACEPARENT"), Environment.GetEnvironmentVariable("TRACESTATE"),
            isRemote: true, out ActivityContext parent);
        _command = RunTelemetry.Source.StartActivity("ddm " + verb, ActivityKind.Internal, parent)?.SetTag("ddm.verb", verb);
    }

    /// <summary>Starts the export if an endpoint is set; otherwise returns null, at no cost.</summary>
    public static TelemetryExport? Begin(VerbOptions verb)
        => TelemetrySettings.FromEnvironment() is TelemetrySettings settings
            ? new TelemetryExport(settings,
                verb.GetType().GetCustomAttributes(typeof(VerbAttribute), inherit: false).Cast<VerbAttribute>().Single().Name)
            : null;

    /// <summary>Ends the command's span.</summary>
    /// <param name="exitCode">The exit code.</param>
    /// <param name="fault">The reason for the failure; null for success.</param>
    public void End(int exitCode, Exception? fault)
    {
        _command?.SetTag("ddm.exit_code", exitCode);
        if (fault is null)
            _command?.SetStatus(ActivityStatusCode.Ok);
        else
            RunTelemetry.Failed(_command, fault);
        _command?.Dispose();
    }

    public void Dispose()
    {
        _command?.Dispose();
        _sdk.Dispose();
    }
}
