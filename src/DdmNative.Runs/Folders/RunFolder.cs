using System.Text.Json;
using System.Text.RegularExpressions;
using DdmNative.Attribution.Datasets.Fetch;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Jobs;

namespace DdmNative.Runs.Folders;

/// <summary>
/// A run's folder, used by one process at a time. A stage is finished when <c>run.json</c> says so, and <c>run.json</c> is written after
/// the stage's files: if a job is killed at any time, the same command resumes from its folder. Layout: docs/formats.md; what is kept:
/// docs/survival.md.
/// </summary>
public sealed partial class RunFolder : IDisposable
{
    internal const string RecordName = "run.json";

    private const string LockName = "run.lock", DamagedName = "run.json.damaged";

    /// <summary>The files that belong to no stage: the record and temporary files of a process, and the run's summaries.</summary>
    private static readonly string[] OwnFiles =
    [
        RecordName, DamagedName, LockName, RunHolder.FileName, Reports.Report.FileName, Reports.EvaluationReport.CsvFile,
        Reports.EvaluationReport.MarkdownFile, Reports.LdsCharts.ShareFile, Reports.LdsCharts.CostFile,
    ];

    private readonly FileStream _lock;

    private RunFolder(string folder, FileStream hold)
    {
        Folder = folder;
        _lock = hold;
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The content of <c>run.json</c>; null in a new folder, and if <c>run.json</c> was damaged.</summary>
    public RunRecord? Record { get; private set; }

    /// <summary>Problems that were found when the folder was opened, one sentence each, for the user.</summary>
    public IReadOnlyList<string> Amiss { get; private init; } = [];

    /// <summary>Reads a folder's <c>run.json</c> without opening the run for writing; null if there is none.</summary>
    /// <exception cref="BadInputException"><c>run.json</c> is damaged or from a newer version.</exception>
    public static RunRecord? Peek(string folder)
        => ReadRecord(folder, out BadInputException? damage) ?? (damage is null ? null : throw damage);

    /// <summary>
    /// Opens a run, and creates the folder if it does not exist. A damaged <c>run.json</c> in a run's folder is kept as
    /// <c>run.json.damaged</c> and then ignored: all stages are recomputed, except for results that contain their own key. Temporary files
    /// of a killed process are removed.
    /// </summary>
    /// <exception cref="BadInputException">The folder contains other files or is in use, or its <c>run.json</c> is from a newer
    /// version.</exception>
    /// <exception cref="DiskException">The folder cannot be written.</exception>
    public static RunFolder Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        RunRecord? record = ReadRecord(folder, out BadInputException? damage);
        if (damage is not null && !File.Exists(Path.Combine(folder, LockName)))
            throw damage;
        if (record is null && damage is null && Directory.Exists(folder)
            && Directory.EnumerateFileSystemEntries(folder).Any(entry => !IsTrace(entry)))
            throw new BadInputException(folder, "run folder", "files that are not a run's (there is no run.json)",
                "an empty folder, a run, or a new name", "Choose another folder.");
        RequireFolder(folder);
        AtomicFile.MakeFolder(folder);
        FileStream hold = Hold(folder);
        try
        {
            RequireNoLinkedFolders(folder);
            RunHolder.Write(folder);
            return new RunFolder(folder, hold) { Record = record, Amiss = [.. Repair(folder, damage)] };
        }
        catch
        {
            hold.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Returns the name in the run of a file that outputs must not replace: files of stages, files that ddm writes besides the stages, and
    /// everything in subfolders. Null for any other path, including a new file in the run's folder.
    /// </summary>
    /// <param name="folder">The run's folder; a run need not exist in it.</param>
    /// <param name="path">A full path.</param>
    public static string? OwnFileAt(string folder, string path)
    {
        string name = Path.GetRelativePath(RealPath(folder), RealPath(path)).Replace('\\', '/');
        if (!RelativePath.Stays(name))
            return null;
        bool isOwn = name.Contains('/', StringComparison.Ordinal) || OwnFiles.Contains(name)
            || (ReadRecord(folder, out _)?.Stages.Any(stage => stage.Files.ContainsKey(name)) ?? false);
        return isOwn ? name : null;

        // The folder of a path, with links resolved: the same folder may have two names.
        static string RealPath(string path)
        {
            string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
            return Directory.Exists(full) && new DirectoryInfo(full).ResolveLinkTarget(returnFinalTarget: true) is FileSystemInfo target
                ? target.FullName
                : Path.GetDirectoryName(full) is string above ? Path.Combine(RealPath(above), Path.GetFileName(full))
                : full;
        }
    }

    /// <summary>
    /// A model in the store that the runs of an experiment share, which is outside the run folder. It is read under that name, and never
    /// copied.
    /// </summary>
    [GeneratedRegex(@"^\.\./retrained/[0-9a-f]{2}/[0-9a-f]{64}\.npz\z")]
    private static partial Regex SharedModel();

    /// <summary>The full path of a file of the run.</summary>
    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Whether a file belongs to a finished stage.</summary>
    public bool Holds(string name) => Record is not null && Record.Stages.Any(stage => stage.Files.ContainsKey(name));

    /// <summary>Converts the path of a file of the run to its name in the run, with slashes.</summary>
    public string NameOf(string path) => Path.GetRelativePath(Folder, path).Replace('\\', '/');

    /// <summary>Replaces <c>run.json</c> atomically.</summary>
    /// <exception cref="DiskException">The file could not be written; the old one is unchanged.</exception>
    public void Save(RunRecord record)
    {
        byte[] bytes = Seal.Close(JsonSerializer.Serialize(record with { Seal = Seal.Placeholder }, JobFile.Options) + "\n");
        AtomicFile.Write(PathOf(RecordName), file => file.Write(bytes));
        Record = record;
    }

    /// <summary>Marks a stage as started, and no longer finished.</summary>
    internal void Begin(string stage) => Save(Without(stage) with { Begun = stage });

    /// <summary>Marks a stage as finished.</summary>
    internal void Add(StageRecord stage) => Save(Record! with { Stages = [.. Record.Stages, stage], Begun = null });

    /// <summary>Marks a stage as no longer finished.</summary>
    internal void Forget(string stage)
    {
        if (Record!.Stages.Any(record => record.Name == stage))
            Save(Without(stage));
    }

    public void Dispose()
    {
        RunHolder.Remove(Folder);
        _lock.Dispose();
    }

    private RunRecord Without(string stage) => Record! with { Stages = [.. Record.Stages.Where(record => record.Name != stage)] };

    /// <summary>Whether a folder is a run's, or was when a process in it was killed.</summary>
    internal static bool IsRun(string folder)
        => File.Exists(Path.Combine(folder, RecordName)) || File.Exists(Path.Combine(folder, LockName));

    /// <summary>Whether a file is only a temporary file of a working process.</summary>
    internal static bool IsTrace(string entry) => Path.GetFileName(entry) is LockName or RunHolder.FileName
        || IsUnfinished(Path.GetFileName(entry));

    private static bool IsUnfinished(string name)
        => name.EndsWith(AtomicFile.TemporarySuffix, StringComparison.Ordinal)
        && (name.StartsWith(RecordName + ".", StringComparison.Ordinal)
            || name.StartsWith(RunHolder.FileName + ".", StringComparison.Ordinal));

    /// <summary>Rejects a path that cannot be a folder, because it or one of its parents is a file.</summary>
    internal static void RequireFolder(string folder)
    {
        if (FileKinds.ObstacleTo(folder) is (string path, FileKind kind))
            throw new BadInputException(path, "run folder", kind.Describe(), "a folder", "Choose another folder for the run.");
    }

    /// <summary>
    /// Rejects a run that contains links to folders: in a run from another person, results would be written wherever the links point. Links
    /// to files are replaced when they are written, and are safe.
    /// </summary>
    internal static void RequireNoLinkedFolders(string folder)
    {
        var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 };
        foreach (string inner in Directory.EnumerateDirectories(folder, "*", all))
        {
            if (new DirectoryInfo(inner).LinkTarget is string target)
                throw new BadInputException(inner, "run folder", $"a link to {target}", "a folder in the run itself",
                    "Replace the link by the folder that it points to.");
        }
    }

    /// <summary>Opens the lock file with an exclusive lock, which the operating system releases however the process ends.</summary>
    private static FileStream Hold(string folder)
    {
        string path = Path.Combine(folder, LockName);
        if (new FileInfo(path).LinkTarget is string target)
            throw new BadInputException(path, "file", $"a link to {target}", "a file in the run itself", "Remove the link.");
        try
        {
            return DiskException.Named(path, () => new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (DiskException e) when (e.IsBusy)
        {
            throw new BadInputException(folder, "run folder", $"in use by {RunHolder.Read(folder) ?? "another process"}",
                "a folder that no other ddm is using", "Wait for the other process, or choose another folder.", e);
        }
    }

    private static IEnumerable<string> Repair(string folder, BadInputException? damage)
    {
        if (AtomicFile.RemoveTemporaries(folder) is > 0 and int left)
            yield return $"{left} half-written file{(left == 1 ? "" : "s")} of a killed run {(left == 1 ? "was" : "were")} removed.";
        if (damage is null)
            yield break;
        string kept = Path.Combine(folder, DamagedName);
        byte[] bytes = InputFile.ReadAll(Path.Combine(folder, RecordName));
        AtomicFile.Write(kept, file => file.Write(bytes));
        yield return $"{damage.Message} Kept as {kept}; the finished stages are no longer known, so all stages are recomputed. Complete "
            + $"retrained models and waves are reused.";
    }

    /// <summary>
    /// Reads the record; null if there is none, or if it is damaged: then <paramref name="damage"/> describes the damage.
    /// </summary>
    /// <exception cref="BadInputException">It is from a newer version.</exception>
    private static RunRecord? ReadRecord(string folder, out BadInputException? damage)
    {
        const string Remedy = "The file is damaged or was edited. `ddm run job.json` continues without it; for other commands move it away "
            + "and give all options again.";
        string path = Path.Combine(folder, RecordName);
        damage = null;
        if (!File.Exists(path))
            return null;
        byte[] bytes = InputFile.ReadAll(path);
        RunRecord record;
        try
        {
            record = JobFile.Parse<RunRecord>(path, bytes, "what ddm writes there", Remedy);
        }
        catch (BadInputException e)
        {
            damage = e;
            return null;
        }

        if (record.Seal is string seal && !Seal.Holds(bytes, seal))
            damage = new BadInputException(path, "$.seal", seal, "the SHA-256 of the rest", Remedy);
        else if (record.Format != RunRecord.CurrentFormat)
            throw new BadInputException(path, "$.format", $"{record.Format}", $"{RunRecord.CurrentFormat}",
                "Use the version of ddm that wrote it, or another folder.");
        else if (record.Stages.SelectMany(stage => stage.Files.Keys).FirstOrDefault(name => !RelativePath.Stays(name)
            && !SharedModel().IsMatch(name)) is string outside)
            damage = new BadInputException(path, "$.stages[].files", $"'{outside}'", "files inside the run's folder",
                "The file was edited. Do not use this run: it could write outside its folder.");
        else if (record.Shard is Shards.ShardRecord shard && !shard.IsSound)
            damage = new BadInputException(path, "$.shard", $"shard {shard.Index} of {shard.Count}, goal '{shard.Goal}'",
                "a shard as ddm writes it", "The file is damaged: run the shard again in a new folder.");
        return damage is null ? record : null;
    }
}
