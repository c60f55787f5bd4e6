using System.Diagnostics;

namespace DdmNative.Runs;

/// <summary>
/// The peak resident memory of this process since <see cref="Start"/>. On Linux it is the kernel's high-water mark, which is reset at the
/// start; on other systems the mark cannot be reset, and the value is the peak since the process started.
/// </summary>
internal static class PeakMemory
{
    private const string Reset = "/proc/self/clear_refs", Status = "/proc/self/status", Mark = "VmHWM:";

    /// <summary>Resets the mark, after returning unused memory to the system, so that memory of an earlier stage is not counted.</summary>
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
            // A sandbox may forbid this; then the mark is that of the whole process.
        }
    }

    /// <summary>The peak in bytes.</summary>
    public static long Bytes()
    {
        if (OperatingSystem.IsLinux())
        {
            string? line = File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Mark, StringComparison.Ordinal));
            if (line is not null && long.TryParse(line.AsSpan(Mark.Length).Trim().TrimEnd("kB").TrimEnd(),
                System.Globalization.CultureInfo.InvariantCulture, out long kibibytes))
                return kibibytes * 1024;
        }

        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
