using System.Diagnostics;

namespace DdmNative.Attribution.Runs;

/// <summary>Runs stages in order, passing over those that <c>run.json</c> holds under the same key and whose files are as they were left.</summary>
internal sealed class Pipeline(IReadOnlyList<Stage> stages, string dataHash)
{
    /// <summary>Runs what is not finished.</summary>
    /// <param name="folder">The run, its record saved with the current job.</param>
    /// <param name="contextFor">Makes the context of a stage from its key.</param>
    /// <param name="listener">Who watches.</param>
    /// <exception cref="OperationCanceledException">The run was interrupted; what is finished is kept.</exception>
    public void Run(RunFolder folder, Func<string, StageContext> contextFor, IRunListener listener)
    {
        var keys = new Dictionary<string, string>();
        foreach (Stage stage in stages)
        {
            string key = KeyOf(stage, keys);
            keys.Add(stage.Name, key);
            StageRecord? record = folder.Record!.Stages.FirstOrDefault(r => r.Name == stage.Name);
            string? cause = record is null ? null : WhyAgain(folder, record, key);
            if (record is not null && cause is null)
            {
                listener.Stage(stage.Name, stage.Title, isDone: true);
                RunTelemetry.PassedOver(stage.Name, key);
                continue;
            }

            if (cause is not null)
                listener.Note($"{stage.Name}: {cause}; doing it again.");
            RunStage(folder, stage, key, contextFor(key), listener);
        }
    }

    /// <summary>The records of those stages that are finished under their present keys, by name; nothing is run.</summary>
    public IReadOnlyDictionary<string, StageRecord> Finished(RunFolder folder)
    {
        var keys = new Dictionary<string, string>();
        foreach (Stage stage in stages)
            keys.Add(stage.Name, KeyOf(stage, keys));
        return folder.Record!.Stages.Where(record => keys.TryGetValue(record.Name, out string? key) && record.Key == key).ToDictionary(record => record.Name);
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

    private static void RunStage(RunFolder folder, Stage stage, string key, StageContext context, IRunListener listener)
    {
        // Unsaid before it is undone: a kill between the stage's first file and its last must not leave an old record beside new files.
        if (folder.Record!.Stages.Any(record => record.Name == stage.Name))
            folder.Save(folder.Record with { Stages = [.. folder.Record.Stages.Where(record => record.Name != stage.Name)] });
        context.Stop.ThrowIfCancellationRequested();
        listener.Stage(stage.Name, stage.Title, isDone: false);
        using Activity? span = RunTelemetry.StartStage(stage, key);
        try
        {
            StageRecord record = Measure(folder, stage, key, context);
            folder.Save(folder.Record with { Stages = [.. folder.Record.Stages, record] });
            RunTelemetry.Finished(span, record);
            listener.Finished(stage.Name, record.Seconds);
        }
        catch (Exception e)
        {
            RunTelemetry.Failed(span, e);
            throw;
        }
    }

    /// <summary>Does a stage's work, and writes down what it took and left.</summary>
    private static StageRecord Measure(RunFolder folder, Stage stage, string key, StageContext context)
    {
        PeakMemory.Start();
        var watch = Stopwatch.StartNew();
        StageResult result = stage.Run(context);
        double seconds = watch.Elapsed.TotalSeconds;
        long peak = PeakMemory.Bytes();
        var files = new Dictionary<string, string>();
        foreach (string file in result.Files)
            files.Add(file, Fingerprint.OfFile(folder.PathOf(file)) ?? throw new InvalidOperationException($"Stage {stage.Name} has not written {file}."));
        return new StageRecord { Name = stage.Name, Key = key, Seconds = seconds, PeakBytes = peak, Files = files, Figures = result.Figures };
    }
}
