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
    internal const string RecordName = "run.json";

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
            var hold = new FileStream(Path.Combine(folder, "run.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new RunFolder(folder, hold) { Record = record };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(folder, "run folder", $"an error ({e.Message})", "a folder that can be written and that no other ddm is using",
                "Wait for the other one, or choose another folder.", e);
        }
    }

    /// <summary>The full path of a file of the run.</summary>
    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>The name in the run, with slashes, of a file of the run.</summary>
    public string NameOf(string path) => Path.GetRelativePath(Folder, path).Replace('\\', '/');

    /// <summary>Replaces <c>run.json</c> in one step.</summary>
    public void Save(RunRecord record)
    {
        AtomicFile.WriteText(PathOf(RecordName), JsonSerializer.Serialize(record, JobFile.Options) + "\n");
        Record = record;
    }

    /// <summary>A stage is finished.</summary>
    internal void Add(StageRecord stage) => Save(Record! with { Stages = [.. Record.Stages, stage] });

    /// <summary>A stage is no longer finished.</summary>
    internal void Forget(string stage)
    {
        if (Record!.Stages.Any(record => record.Name == stage))
            Save(Record with { Stages = [.. Record.Stages.Where(record => record.Name != stage)] });
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>Whether a file is only a trace of a process at work.</summary>
    internal static bool IsTrace(string entry) => Path.GetFileName(entry) is "run.lock" or "run.json.tmp";

    private static RunRecord ReadRecord(string path)
    {
        RunRecord record = JobFile.Parse<RunRecord>(path, InputFile.ReadAll(path));
        if (record.Format != RunRecord.CurrentFormat)
            throw new BadInputException(path, "$.format", $"{record.Format}", $"{RunRecord.CurrentFormat}", "Use the version of ddm that wrote it, or another folder.");
        if (record.Shard is Shards.ShardRecord shard && !shard.IsSound)
            throw new BadInputException(path, "$.shard", $"shard {shard.Index} of {shard.Count}, goal '{shard.Goal}'", "a shard as ddm writes it", "The file is damaged: run the shard again in a new folder.");
        return record;
    }
}
