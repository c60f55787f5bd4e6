using System.Diagnostics;
using DdmNative.Attribution.Runs.Shards;

namespace DdmNative.Attribution.Runs;

/// <summary>Runs stages in order, passing over those that <c>run.json</c> holds under the same key and whose files are as they were left.</summary>
internal sealed class Pipeline(IReadOnlyList<Stage> stages, string dataHash)
{
    /// <summary>Runs what is not finished.</summary>
    /// <param name="folder">The run, its record saved with the current job; of a shard, only the shard's part is run.</param>
    /// <param name="contextFor">Makes the context of a stage from its key.</param>
    /// <param name="listener">Who watches.</param>
    /// <param name="from">Another run whose finished stages are taken; null for none.</param>
    /// <exception cref="OperationCanceledException">The run was interrupted; what is finished is kept.</exception>
    public void Run(RunFolder folder, Func<string, StageContext> contextFor, IRunListener listener, PreparedRun? from = null)
    {
        ShardRun? shard = folder.Record!.Shard is null ? null : new ShardRun(folder, stages);
        Dictionary<string, string> keys = Keys();
        foreach (Stage stage in stages)
        {
            string key = keys[stage.Name];
            StageRecord? record = folder.Record!.Stages.FirstOrDefault(r => r.Name == stage.Name);
            string? cause = record is null ? null : WhyAgain(folder, record, key);
            if (record is not null && cause is null)
            {
                listener.Stage(stage.Name, stage.Title, isDone: true);
                continue;
            }

            if (from?.Take(stage, key, folder) == true)
            {
                listener.Stage(stage.Name, stage.Title, isDone: true);
                continue;
            }

            if (cause is not null)
                listener.Note($"{stage.Name}: {cause}; doing it again.");

            // Unsaid before it is undone: a kill between the stage's first file and its last must not leave an old record beside new files.
            folder.Forget(stage.Name);
            if (shard is not null)
                shard.Run(stage, contextFor(key));
            else
                Finish(folder, Execute(stage, contextFor(key)), listener);
        }

        shard?.End(keys);
    }

    /// <summary>The records of those stages that are finished under their present keys, by name; nothing is run.</summary>
    public IReadOnlyDictionary<string, StageRecord> Finished(RunFolder folder)
    {
        Dictionary<string, string> keys = Keys();
        return folder.Record!.Stages.Where(record => keys.TryGetValue(record.Name, out string? key) && record.Key == key).ToDictionary(record => record.Name);
    }

    /// <summary>The present key of every stage.</summary>
    private Dictionary<string, string> Keys()
    {
        var keys = new Dictionary<string, string>();
        foreach (Stage stage in stages)
            keys.Add(stage.Name, KeyOf(stage, keys));
        return keys;
    }

    private string KeyOf(Stage stage, Dictionary<string, string> keys)
        => Fingerprint.Of([RunRecord.CurrentFormat.ToString(System.Globalization.CultureInfo.InvariantCulture), stage.Name, stage.Settings,
            stage.ReadsData ? dataHash : "", .. stage.Needs.Select(need => (object)keys[need])]);

    private static string? WhyAgain(RunFolder folder, StageRecord record, string key)
    {
        if (record.Key != key)
            return "a setting, or something before it, has changed";
        string? changed = record.Files.Where(file => Fingerprint.OfFile(folder.PathOf(file.Key)) != file.Value).Select(file => file.Key).FirstOrDefault();
        return changed is null ? null : $"{changed} is missing or has been changed";
    }

    /// <summary>A stage is done: it is written down first, and told then.</summary>
    internal static void Finish(RunFolder folder, StageRecord stage, IRunListener listener)
    {
        folder.Add(stage);
        listener.Finished(stage.Name, stage.Seconds);
    }

    /// <summary>Runs a stage, and says what it has left.</summary>
    internal static StageRecord Execute(Stage stage, StageContext context)
    {
        context.Stop.ThrowIfCancellationRequested();
        context.Listener.Stage(stage.Name, stage.Title, isDone: false);
        PeakMemory.Start();
        var watch = Stopwatch.StartNew();
        StageResult result = stage.Run(context);
        double seconds = watch.Elapsed.TotalSeconds;
        long peak = PeakMemory.Bytes();
        var files = new Dictionary<string, string>();
        foreach (string file in result.Files)
            files.Add(file, Fingerprint.OfFile(context.Folder.PathOf(file)) ?? throw new InvalidOperationException($"Stage {stage.Name} has not written {file}."));
        return new StageRecord
        {
            Name = stage.Name,
            Key = context.Key,
            Seconds = seconds + context.ByShards.Seconds,
            PeakBytes = Math.Max(peak, context.ByShards.PeakBytes),
            Files = files,
            Figures = result.Figures,
        };
    }
}
