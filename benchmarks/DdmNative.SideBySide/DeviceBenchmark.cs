using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DdmNative.Compute;
using DdmNative.Compute.Cuda;

namespace DdmNative.SideBySide;

/// <summary>
/// The workloads on a CUDA device, only our side, in each precision. The file is written after each row, so that a run that is stopped
/// keeps its results.
/// </summary>
internal static class DeviceBenchmark
{
    /// <summary>Target duration of the runs between two waits, so that neither the launch nor the wait dominates the measurement.</summary>
    private const double TurnSeconds = 0.05;

    private const int MostRunsOfTurn = 200, LeastTurns = 3, MostTurns = 50;

    /// <summary>Measures and prints; returns the exit code: 0; 1, a row failed; 2, a wrong option; 4, there is no such device.</summary>
    public static int Run(Settings settings, IReadOnlyList<Workload> workloads)
    {
        if (OrdinalOf(settings.Device) is not int ordinal)
            return Refuse($"--device {settings.Device}: expected cpu, cuda or cuda:N");
        string[] names = settings.Precision?.Split(',') ?? [.. PrecisionNames.All];
        if (names.FirstOrDefault(name => PrecisionNames.Find(name) is null) is string unknown)
            return Refuse($"--precision: found '{unknown}', expected {string.Join(", ", PrecisionNames.All)}");
        var rows = new List<DeviceRow>();
        try
        {
            foreach (string name in names)
            {
                if (!Measure(settings, workloads, ordinal, name, rows))
                    return 1;
            }
        }
        catch (CudaUnavailableException e)
        {
            Console.Error.WriteLine("side-by-side: " + e.Message);
            return 4;
        }
        catch (CudaException e)
        {
            Console.Error.WriteLine("side-by-side: " + e.Message);
            return 1;
        }
        return rows.Any(row => row.Error is not null) ? 1 : 0;
    }

    private static int Refuse(string message)
    {
        Console.Error.WriteLine("side-by-side: " + message);
        return 2;
    }

    private static int? OrdinalOf(string device)
    {
        if (device == "cuda")
            return 0;
        bool isNumbered = device.StartsWith("cuda:", StringComparison.Ordinal);
        return isNumbered && int.TryParse(device.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal)
            ? ordinal
            : null;
    }

    /// <summary>All workloads in one precision. False after a fault of the driver: the device's context is unusable then.</summary>
    private static bool Measure(Settings settings, IReadOnlyList<Workload> workloads, int ordinal, string precision, List<DeviceRow> rows)
    {
        using var device = new CudaDevice(ordinal, PrecisionNames.Find(precision)!.Value);
        using var clock = new DeviceClock(device);
        Console.Out.WriteLine($"{device.Name}: {device.Description}");
        foreach (Workload workload in workloads)
        {
            DeviceRow row = Measure(workload, device, clock, precision, settings.Seconds, out bool isDead);
            rows.Add(row);
            Write(row);
            if (settings.Json is not null)
                File.WriteAllText(settings.Json, JsonSerializer.Serialize(rows, JsonStyle.DeviceRows) + "\n");
            if (isDead)
                return false;
        }
        return true;
    }

    private static DeviceRow Measure(
        Workload workload, CudaDevice device, DeviceClock clock, string precision, double seconds, out bool isDead)
    {
        isDead = false;
        var row = new DeviceRow { Name = workload.Name, Precision = precision, Shortened = workload.IsShortened };
        try
        {
            using Prepared prepared = workload.Prepare(device);
            double first = clock.SecondsOf(prepared.Run);
            clock.SecondsOf(prepared.Run);
            double single = clock.SecondsOf(prepared.Run);
            int runs = Math.Clamp((int)(TurnSeconds / single), 1, MostRunsOfTurn);
            var turns = new List<double>();
            long start = Stopwatch.GetTimestamp();
            while (turns.Count < LeastTurns || (turns.Count < MostTurns && Stopwatch.GetElapsedTime(start).TotalSeconds < seconds))
                turns.Add(clock.SecondsOf(prepared.Run, runs));
            turns.Sort();
            double median = turns[turns.Count / 2];
            return row with
            {
                MedianS = median, MinS = turns[0], MaxS = turns[^1], SingleS = single, FirstS = first, Runs = turns.Count * runs,
                Tflops = workload.Flops > 0 ? workload.Flops / median / 1e12 : null,
            };
        }
        catch (OutOfDeviceMemoryException e)
        {
            return row with { Error = e.Message };
        }
        catch (CudaException e)
        {
            isDead = true;
            return row with { Error = e.Message };
        }
    }

    private static void Write(DeviceRow row)
    {
        string name = $"{row.Name + (row.Shortened ? " *" : ""),-26} {row.Precision,-7}";
        string times = string.Create(
            CultureInfo.InvariantCulture,
            $"(least {1e3 * row.MinS:0.000}, waited for {1e3 * row.SingleS:0.000}, first {row.FirstS:0.00} s)");
        Console.Out.WriteLine(row.Error is not null
            ? $"{name} {row.Error.Split('\n')[0]}"
            : string.Create(CultureInfo.InvariantCulture, $"{name} {1e3 * row.MedianS,10:0.000} ms  {times}  {row.Tflops,7:0.0} TFLOP/s"));
    }
}
