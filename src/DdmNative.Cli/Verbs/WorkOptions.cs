using System.Globalization;
using CommandLine;
using DdmNative.Runs;
using DdmNative.Cli.Output;
using DdmNative.Cli.Telemetry;
using DdmNative.Compute;

namespace DdmNative.Cli.Verbs;

/// <summary>The options of every verb that carries out runs.</summary>
internal abstract class WorkOptions : DeviceOptions
{
    [Option("wave", MetaValue = "N",
        HelpText = "The maximum number of models that run together in any stage; more models need more memory. The results do not depend "
            + "on it. Default: 8 in exact retraining, up to 64 elsewhere.")]
    public int? Wave { get; set; }

    /// <summary>The settings that control how runs are carried out.</summary>
    /// <exception cref="BadUsageException">An option is out of range.</exception>
    protected virtual RunSettings Settings => Wave is < 1 or > 100_000
        ? throw new BadUsageException($"--wave: found {Wave}, expected a whole number from 1 to 100000.")
        : new RunSettings { Wave = Wave ?? new RunSettings().Wave, LargestWave = Wave };

    /// <summary>Does the work with a progress view, and reports the devices' memory use at the end.</summary>
    protected T RunWithProgress<T>(Func<Device, ProgressView, T> work)
    {
        using Device device = OpenDevice();
        using ProgressView progress = ProgressView.For(Log);
        using var meter = new DeviceMeter(device);
        using DebugSpans? spans = Log.Level >= Output.LogLevel.Debug ? new DebugSpans(progress) : null;
        T result = work(device, progress);
        foreach ((string name, long bytes) in DeviceList.MemoryUse(device))
            progress.Say(Output.LogLevel.Info, "device_memory",
                string.Create(CultureInfo.InvariantCulture, $"{name}: {bytes / (1024.0 * 1024.0):F1} MiB of device memory at peak"),
                ("device", name), ("bytes", bytes));
        return result;
    }
}
