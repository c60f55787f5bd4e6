using System.Diagnostics;
using System.Globalization;
using DdmNative.Compute.Cpu;

namespace DdmNative.SideBySide;

/// <summary>The most memory a process had resident (VmHWM), and rows in processes of their own.</summary>
internal static class PeakMemory
{
    private const string Label = "peak-bytes ";

    /// <summary>The peak of this process, in bytes.</summary>
    public static long Own()
    {
        string line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>
    /// The new process's work: prepares the row, resets the peak, so that the inputs do not count, runs it twice and prints the peak.
    /// </summary>
    public static void RunRow(Workload workload, CpuDevice device)
    {
        using Prepared prepared = workload.Prepare(device);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
        File.WriteAllText("/proc/self/clear_refs", "5");
        prepared.Run();
        prepared.Run();
        Console.Out.WriteLine(Label + Own().ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The peak, in bytes, of a new process of our side that runs the row.</summary>
    public static long Ours(Workload workload, Settings settings, int threads)
    {
        string host = Environment.ProcessPath!;
        var start = new ProcessStartInfo(host) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(host) == "dotnet")
            start.ArgumentList.Add(typeof(PeakMemory).Assembly.Location);
        foreach (string argument in (string[])["--memory-row", workload.Name, "--threads", threads.ToString(CultureInfo.InvariantCulture),
            "--data", settings.Data])
            start.ArgumentList.Add(argument);
        if (settings.Quick)
            start.ArgumentList.Add("--quick");
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        string line = output.Split('\n').LastOrDefault(text => text.StartsWith(Label, StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"{workload.Name} ended with {process.ExitCode} in a process of its own.");
        return long.Parse(line[Label.Length..], CultureInfo.InvariantCulture);
    }

    /// <summary>The peak, in bytes, of a new process of the other side that runs the row.</summary>
    public static long Torch(Workload workload, TorchWorker worker, string variant)
    {
        worker.Prepare(workload.Torch, probe: false, variant);
        worker.ResetPeak();
        worker.Run(1);
        return worker.PeakBytes();
    }
}
