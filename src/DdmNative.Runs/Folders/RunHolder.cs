using System.Globalization;
using DdmNative.Attribution.Formats;

namespace DdmNative.Runs.Folders;

/// <summary>
/// <c>run.holder</c>: which process holds a run's folder, for the message that another one gets. The lock itself is <c>run.lock</c>, which no other process can read while it is held; what
/// this file says counts only as long as that is, since a killed process leaves it behind.
/// </summary>
internal static class RunHolder
{
    public const string FileName = "run.holder";

    /// <summary>Says that this process holds the folder.</summary>
    public static void Write(string folder)
    {
        try
        {
            AtomicFile.WriteText(Path.Combine(folder, FileName),
                string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}, since {DateTime.UtcNow:yyyy-MM-dd HH:mm:ss} UTC\n"));
        }
        catch (IOException)
        {
            // A full disk is told of by the first file that matters.
        }
    }

    /// <summary>Who says to hold the folder; null where nobody does.</summary>
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

    /// <summary>The folder is let go of.</summary>
    public static void Remove(string folder)
    {
        try
        {
            File.Delete(Path.Combine(folder, FileName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It says who holds a folder that is locked, and this one soon is not: a left file misleads nobody.
        }
    }
}
