using System.Diagnostics;
using System.Globalization;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Shards;

namespace DdmNative.Runs;

/// <summary>
/// Runs stages in order. It skips a stage if <c>run.json</c> contains it under the same key, its files are unchanged, and the files that it
/// read are the present ones.
/// </summary>
internal sealed class Pipeline
{
    private readonly IReadOnlyList<Stage> _stages;
    private readonly Dictionary<string, string> _keys = [];

    public Pipeline(IReadOnlyList<Stage> stages, string dataHash)
    {
        _stages = stages;
        foreach (Stage stage in stages)
            _keys.Add(stage.Name, Fingerprint.Of(
                [RunRecord.CurrentFormat.ToString(CultureInfo.InvariantCulture), stage.Name, stage.Settings,
                stage.ReadsData ? dataHash : "", .. stage.Needs.Select(need => (object)_keys[need])]));
    }

    /// <summary>Whether the pipeline contains a stage.</summary>
    public bool Has(string stage) => _keys.ContainsKey(stage);

    /// <summary>Runs the stages that are not finished.</summary>
    /// <param name="folder">The run, whose record contains the current job; for a shard, only the shard's part is run.</param>
    /// <param name="contextFor">Creates the context of a stage from its key.</param>
    /// <param name="listener">The progress listener.</param>
    /// <param name="from">Another run whose finished stages are reused; null for none.</param>
    /// <exception cref="OperationCanceledException">The run was cancelled; finished work is kept.</exception>
    public void Run(RunFolder folder, Func<string, StageContext> contextFor, IRunListener listener, PreparedRun? from = null)
    {
        ShardRun? shard = folder.Record!.Shard is null ? null : new ShardRun(folder, _stages);
        Dictionary<string, string?> causes = Causes(folder.Record!, folder);
        Stage? begun = _stages.FirstOrDefault(stage => stage.Name == folder.Record!.Begun);
        HashSet<string> finished = [.. folder.Record!.Stages.Select(record => record.Name)];
        bool canGoOn = begun is not null && begun.Needs.All(need => finished.Contains(need) && causes[need] is null);
        if (Resumption.Describe(_stages, causes, finished, begun, canGoOn
            ? begun!.Kept(contextFor(_keys[begun.Name])) : null) is string found)
            listener.Note(found);
        foreach (Stage stage in _stages)
        {
            StageRecord? record = Find(folder.Record!, stage.Name);
            string? cause = record is null ? null : causes[stage.Name] ?? ReadOtherwise(stage, record, folder.Record!);
            if ((record is not null && cause is null) || from?.TryReuse(stage, _keys[stage.Name], folder) == true)
            {
                Clear(folder, stage);
                listener.Stage(stage.Name, stage.Title, isDone: true);
                RunTelemetry.PassedOver(stage.Name, _keys[stage.Name]);
                continue;
            }

            if (cause is not null)
                listener.Note($"{stage.Name}: {cause}; recomputing.");
            RunStage(folder, stage, contextFor(_keys[stage.Name]), shard);
        }

        shard?.End(_keys);
    }

    /// <summary>Records a finished stage, then reports it.</summary>
    internal static void Finish(RunFolder folder, Stage stage, StageRecord record, IRunListener listener)
    {
        folder.Add(record);

        // Not earlier: after a kill before this line, the stage must still find its partial results.
        Clear(folder, stage);
        listener.Finished(stage.Name, record.Seconds);
    }

    /// <summary>Runs a stage, and returns its duration, memory and files.</summary>
    internal static StageRecord Execute(Stage stage, StageContext context)
    {
        RunFolder folder = context.Folder;
        context.Listener.Stage(stage.Name, stage.Title, isDone: false);
        PeakMemory.Start();
        var watch = Stopwatch.StartNew();
        StageResult result = stage.Run(context);
        double seconds = watch.Elapsed.TotalSeconds;
        long peak = PeakMemory.Bytes();
        var files = new Dictionary<string, string>();
        foreach (string file in result.Files)
            files.Add(file, Fingerprint.OfFile(folder.PathOf(file))
                ?? throw new DiskException(folder.PathOf(file), new IOException("it was written but no longer exists")));
        return new StageRecord
        {
            Name = stage.Name,
            Key = context.Key,
            Seconds = seconds + context.ByShards.Seconds,
            PeakBytes = Math.Max(peak, context.ByShards.PeakBytes),
            Files = files,
            Figures = result.Figures,
            Read = stage.Needs.Where(need => Find(folder.Record!, need) is not null)
            .ToDictionary(need => need, need => FilesOf(folder.Record!, need)!),
        };
    }

    /// <summary>
    /// The records of the stages that are finished under their present keys and have read the present files, by name; nothing is run.
    /// </summary>
    public IReadOnlyDictionary<string, StageRecord> Finished(RunRecord record)
        => _stages.Select(stage => (Stage: stage, Record: Find(record, stage.Name)))
            .Where(pair => pair.Record?.Key == _keys[pair.Stage.Name] && ReadOtherwise(pair.Stage, pair.Record, record) is null)
            .ToDictionary(pair => pair.Stage.Name, pair => pair.Record!);

    /// <summary>The first file of a finished stage that is missing or changed; null if there is none.</summary>
    public static string? ChangedFile(RunFolder folder, StageRecord record)
        => record.Files.Where(file => Fingerprint.OfFile(folder.PathOf(file.Key)) != file.Value).Select(file => file.Key).FirstOrDefault();

    private static StageRecord? Find(RunRecord record, string stage) => record.Stages.FirstOrDefault(candidate => candidate.Name == stage);

    /// <summary>
    /// For every stage, why it must be recomputed although it was finished before; null if it need not be, or was never finished.
    /// </summary>
    private Dictionary<string, string?> Causes(RunRecord record, RunFolder folder)
    {
        var causes = new Dictionary<string, string?>();
        foreach (Stage stage in _stages)
        {
            StageRecord? finished = Find(record, stage.Name);
            string? cause = null;
            if (finished is not null && finished.Key != _keys[stage.Name])
                cause = stage.Needs.FirstOrDefault(need => Find(record, need) is not StageRecord before
                    || before.Key != _keys[need]) is string need
                    ? $"it needs {need}, whose settings or data have changed"
                    : "a setting or the data have changed";
            else if (finished is not null && ChangedFile(folder, finished) is string file)
                cause = $"{file} is missing or has been changed";
            causes.Add(stage.Name, cause);
        }

        return causes;
    }

    /// <summary>
    /// If a stage is recomputed under its old key on the same kind of device, the result is identical to the bit, and the stages that
    /// depend on it remain valid. On another device or with another version it may differ. A stage is therefore checked against the files
    /// that it read.
    /// </summary>
    private static string? ReadOtherwise(Stage stage, StageRecord record, RunRecord run)
        => record.Read is null ? null
            : stage.Needs.FirstOrDefault(need => FilesOf(run, need) is string now && record.Read.TryGetValue(need, out string? then)
                && then != now) is string changed
            ? $"it read files of {changed} that have changed since"
            : null;

    private static string? FilesOf(RunRecord run, string stage)
        => Find(run, stage) is StageRecord record
            ? Fingerprint.Of([.. record.Files.OrderBy(file => file.Key, StringComparer.Ordinal)
                .SelectMany(file => new[] { file.Key, file.Value })]) : null;

    private static void Clear(RunFolder folder, Stage stage)
    {
        if (stage.PartialPath is not string partial)
            return;
        string path = folder.PathOf(partial);
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        File.Delete(path);
    }

    private static void RunStage(RunFolder folder, Stage stage, StageContext context, ShardRun? shard)
    {
        context.Stop.ThrowIfCancellationRequested();

        // Mark the stage as unfinished before its files change: after a kill between its first and last file, an old record must not
        // describe new files.
        folder.Begin(stage.Name);
        using Activity? span = RunTelemetry.StartStage(stage, context.Key);
        try
        {
            if (shard is not null)
            {
                shard.Run(stage, context);
                return;
            }

            StageRecord record = Execute(stage, context);
            Finish(folder, stage, record, context.Listener);
            RunTelemetry.Finished(span, record);
        }
        catch (Exception e)
        {
            RunTelemetry.Failed(span, e);
            throw;
        }
    }
}
