using System.Diagnostics;
using CommandLine;
using DdmNative.Runs;
using DdmNative.Cli.Verbs;

namespace DdmNative.Cli.Telemetry;

/// <summary>
/// Traces and metrics by OpenTelemetry, where the environment names an endpoint; its libraries are loaded there and nowhere else. The command is the root of the trace, or part of the one
/// that <c>TRACEPARENT</c> says it belongs to. Whatever becomes of the endpoint, the command goes on, and waits for it only so long at its end.
/// </summary>
internal sealed class TelemetryExport : IDisposable
{
    private readonly OpenTelemetrySdk _sdk;
    private readonly Activity? _command;

    private TelemetryExport(TelemetrySettings settings, string verb)
    {
        _sdk = new OpenTelemetrySdk(settings);
        _ = ActivityContext.TryParse(Environment.GetEnvironmentVariable("TRACEPARENT"), Environment.GetEnvironmentVariable("TRACESTATE"), isRemote: true, out ActivityContext parent);
        _command = RunTelemetry.Source.StartActivity("ddm " + verb, ActivityKind.Internal, parent)?.SetTag("ddm.verb", verb);
    }

    /// <summary>Begins where an endpoint is set; null, at no cost, where none is.</summary>
    public static TelemetryExport? Begin(VerbOptions verb)
        => TelemetrySettings.OfEnvironment() is TelemetrySettings settings
            ? new TelemetryExport(settings, verb.GetType().GetCustomAttributes(typeof(VerbAttribute), inherit: false).Cast<VerbAttribute>().Single().Name)
            : null;

    /// <summary>The command is at its end.</summary>
    /// <param name="exitCode">What the shell is told.</param>
    /// <param name="fault">Why it failed; null where it has not.</param>
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
