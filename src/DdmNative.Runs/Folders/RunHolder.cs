using System.Globalization;
using DdmNative.Attribution.Formats;

namespace DdmNative.Runs.Folders;

/// <summary>
/// <c>run.holder</c>: the process that uses a run's folder, for another process's error message. The lock itself is <c>run.lock</c>, which
/// no other process can read while it is held. This file is only valid while the lock is held, because a killed process leaves it behind.
/// </summary>
internal static class RunHolder
{
    public const string FileName = "run.holder";

    /// <summary>Records that this process uses the folder.</summary>
    public static void Write(string folder)
    {
        try
        {
            AtomicFile.WriteText(Path.Combine(folder, FileName),
                string.Create(CultureInfo.InvariantCulture,
                $"process {Environment.ProcessId} on {Environment.MachineName}, since {DateTime.UtcNow:yyyy-MM-dd HH:mm:ss} UTC\n"));
        }
        catch (IOException)
        {
            // A full disk is reported by the first file that matters.
        }
    }

    /// <summary>Reads the recorded process; null if there is none.</summary>
    public static string? Read(string folder)
    {
        try
        {
            using StreamReader reader = File.OpenText(Path.Combine(folder, FileName));
            return reader.ReadLine();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Removes the record.</summary>
    public static void Remove(string folder)
    {
        try
        {
            File.Delete(Path.Combine(folder, FileName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The file is only read while the folder is locked, so a file that remains does no harm.
        }
    }
}
