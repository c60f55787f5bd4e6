using System.Diagnostics.Metrics;
using DdmNative.Runs;
using DdmNative.Compute;

namespace DdmNative.Cli.Telemetry;

/// <summary>The most memory that each CUDA device of a command has taken, as the gauge <c>ddm.device.memory.peak</c>; read only while something listens.</summary>
internal sealed class DeviceMeter : IDisposable
{
    private readonly Meter _meter = new(RunTelemetry.Name);

    public DeviceMeter(Device device)
        => _meter.CreateObservableGauge("ddm.device.memory.peak",
            () => DeviceList.MemoryUse(device).Select(use => new Measurement<long>(use.Bytes, new KeyValuePair<string, object?>("ddm.device", use.Name))),
            "By", "The most memory of the device that was taken.");

    public void Dispose() => _meter.Dispose();
}
