using System.Diagnostics.Metrics;
using DdmNative.Runs;
using DdmNative.Compute;

namespace DdmNative.Cli.Telemetry;

/// <summary>
/// The peak memory use of each CUDA device, as the gauge <c>ddm.device.memory.peak</c>; read only while a listener exists.
/// </summary>
internal sealed class DeviceMeter : IDisposable
{
    private readonly Meter _meter = new(RunTelemetry.Name);

    public DeviceMeter(Device device)
        => _meter.CreateObservableGauge("ddm.device.memory.peak",
            () => DeviceList.MemoryUse(device)
            .Select(use => new Measurement<long>(use.Bytes, new KeyValuePair<string, object?>("ddm.device", use.Name))),
            "By", "The peak memory use of the device.");

    public void Dispose() => _meter.Dispose();
}
