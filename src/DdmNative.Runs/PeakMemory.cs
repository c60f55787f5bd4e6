using System.Diagnostics;

namespace DdmNative.Runs;

/// <summary>
/// The most resident memory that this process has had since a moment: what the machine must have. On Linux the kernel's own high-water mark, set back at the start; elsewhere
/// the mark cannot be set back, and the figure is the most since the process began.
/// </summary>
internal static class PeakMemory
{
    private const string Reset = "/proc/self/clear_refs", Status = "/proc/self/status", Mark = "VmHWM:";

    /// <summary>Sets the mark back, after giving garbage back to the system: what an earlier stage has left is not this one's.</summary>
    public static void Start()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        try
        {
            // 5: "resets the peak resident set size" (proc_pid_clear_refs(5)).
            if (OperatingSystem.IsLinux())
                File.WriteAllText(Reset, "5");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A sandbox may forbid it; the mark then is the process's.
        }
    }

    /// <summary>Bytes.</summary>
    public static long Bytes()
    {
        if (OperatingSystem.IsLinux())
        {
            string? line = File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Mark, StringComparison.Ordinal));
            if (line is not null && long.TryParse(line.AsSpan(Mark.Length).Trim().TrimEnd("kB").TrimEnd(), System.Globalization.CultureInfo.InvariantCulture, out long kibibytes))
                return kibibytes * 1024;
        }

        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
