using System.Text.Json;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Runs.Jobs;

namespace DdmNative.Attribution.Runs;

/// <summary>
/// A run's folder, held by one process at a time. A stage counts as finished when <c>run.json</c> says so, and that is written after the stage's
/// files: a job that is killed at any moment leaves a folder from which the same command goes on. Layout: docs/formats.md.
/// </summary>
public sealed class RunFolder : IDisposable
{
    private const string RecordName = "run.json", LockName = "run.lock";

    private readonly FileStream _lock;

    private RunFolder(string folder, FileStream hold)
    {
        Folder = folder;
        _lock = hold;
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>What <c>run.json</c> holds; null in a new folder.</summary>
    public RunRecord? Record { get; private set; }

    /// <summary>The job of a folder without opening it for writing; null where there is none.</summary>
    /// <exception cref="BadInputException"><c>run.json</c> is damaged or from a newer version.</exception>
    public static RunRecord? Peek(string folder)
    {
        string path = Path.Combine(folder, RecordName);
        return File.Exists(path) ? ReadRecord(path) : null;
    }

    /// <summary>Opens a run, making the folder where there is none.</summary>
    /// <exception cref="BadInputException">The folder holds something else, is in use, cannot be written, or its <c>run.json</c> is damaged.</exception>
    public static RunFolder Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        RunRecord? record = Peek(folder);
        if (record is null && Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any(entry => !IsTrace(entry)))
            throw new BadInputException(folder, "run folder", "files that are not a run's (there is no run.json)", "an empty folder, a run, or a new name", "Choose another folder.");
        try
        {
            Directory.CreateDirectory(folder);

            // An open file with an exclusive lock, which the operating system lets go of however the process ends.
            var hold = new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            RunHolder.Write(folder);
            return new RunFolder(folder, hold) { Record = record };
        }
        catch (IOException e) when (IsHeld(e))
        {
            throw new BadInputException(folder, "run folder", $"that it is in use, by {RunHolder.Read(folder) ?? "another process"}", "a folder that no other ddm is using", "Wait for the other one, or choose another folder.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(folder, "run folder", $"an error ({e.Message})", "a folder that can be written and that no other ddm is using",
                "Wait for the other one, or choose another folder.", e);
        }
    }

    /// <summary>The full path of a file of the run.</summary>
    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Replaces <c>run.json</c> in one step.</summary>
    public void Save(RunRecord record)
    {
        AtomicFile.WriteText(PathOf(RecordName), JsonSerializer.Serialize(record, JobFile.Options) + "\n");
        Record = record;
    }

    public void Dispose()
    {
        RunHolder.Remove(Folder);
        _lock.Dispose();
    }

    /// <summary>What the operating system says of a lock that another process has: EWOULDBLOCK of Linux and of macOS, and Windows' sharing violation.</summary>
    private static bool IsHeld(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);

    private static bool IsTrace(string entry) => Path.GetFileName(entry) is LockName or RunHolder.FileName or "run.json.tmp";

    private static RunRecord ReadRecord(string path)
    {
        RunRecord record = JobFile.Parse<RunRecord>(path, InputFile.ReadAll(path));
        if (record.Format != RunRecord.CurrentFormat)
            throw new BadInputException(path, "$.format", $"{record.Format}", $"{RunRecord.CurrentFormat}", "Use the version of ddm that wrote it, or another folder.");
        return record;
    }
}
