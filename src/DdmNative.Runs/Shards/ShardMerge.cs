using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Compute;
using DdmNative.Runs.Summaries;

namespace DdmNative.Runs.Shards;

/// <summary>
/// Merges the shards of a job into the run that one process would have produced, byte for byte in all files except those that contain
/// times. It copies the shards' finished stages and their pieces of shared stages, and continues from there like any run. The shards are
/// only read; a killed merge resumes with the same command.
/// </summary>
public static class ShardMerge
{
    /// <summary>Merges the shards.</summary>
    /// <param name="folder">The run to create; or the run that the shards were prepared with, or an interrupted merge.</param>
    /// <param name="shards">The folders of all shards, in any order.</param>
    /// <param name="places">The current locations of the inputs, if they differ from the first shard's.</param>
    /// <param name="settings">The settings for the remaining work.</param>
    /// <param name="device">The device for the kernels; it must have the shards' arithmetic.</param>
    /// <param name="listener">The progress listener.</param>
    /// <param name="stop">The cancellation token.</param>
    /// <exception cref="BadInputException">The shards do not belong together, one is missing, unfinished or damaged, or the folder contains
    /// another run.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static RunSummary Run(string folder, IReadOnlyList<string> shards, InputPlaces places, RunSettings settings, Device device,
        IRunListener listener, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(shards);
        ArgumentNullException.ThrowIfNull(places);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(listener);
        IReadOnlyList<ShardFolder> parts = ShardAgreement.Read(shards);
        RunRecord first = parts[0].Record;
        RequireHere(parts[0], "$.version", first.Version, Runner.Version, "Merge with the version that ran the shards.");
        RequireHere(parts[0], "$.arithmetic", first.Arithmetic, device.Arithmetic,
            "Models would be trained again: merge on the kind of device that ran the shards (--device, --precision).");
        Job job = places.Apply(first.Job);
        RequireHere(parts[0], "$.data.sha256", first.Data?.Sha256, RunInputs.Load(job, RunGoal.Train).Sha256,
            "Specify the shards' data with --data.");
        using (RunFolder run = RunFolder.Open(folder))
        {
            RequireSameRun(run, parts[0]);
            run.Save(first with { Job = InputPlaces.Absolute(job), Shard = null,
                Shards = [.. parts.Select(part => WithoutFiles(part.Shard))], Stages = run.Record?.Stages
                ?? [], Begun = run.Record?.Begun, Summary = null });
            foreach (StageRecord stage in first.Stages)
                CopyStage(run, stage.Name, stage, stage.Files, parts[0].Folder);
            foreach (ShardFolder part in parts)
            {
                listener.Note($"shard {part.Shard.Shard}: {part.Folder}");
                foreach (ShareRecord share in part.Shard.Shares)
                {
                    stop.ThrowIfCancellationRequested();
                    CopyStage(run, share.Stage, share.Result, share.Files, part.Folder);
                }
            }
        }

        return Runner.Run(folder, job, Enum.Parse<RunGoal>(parts[0].Shard.Goal), settings with { Shard = null, From = null }, device,
            listener, stop);
    }

    /// <summary>
    /// Copies the files of a stage that is not finished here; if the shard has finished the stage, it is recorded as finished here too.
    /// </summary>
    private static void CopyStage(RunFolder run, string name, StageRecord? result, IReadOnlyDictionary<string, string> files, string from)
    {
        if (run.Record!.Stages.Any(stage => stage.Name == name))
            return;
        foreach ((string file, string sha256) in files)
            FileCopy.Copy(from, file, run, sha256);
        if (result is not null)
            run.Add(result);
    }

    private static void RequireHere(ShardFolder shard, string field, string? found, string here, string remedy)
    {
        if (found != here)
            throw new BadInputException(shard.RecordPath, field, found ?? "nothing", $"{here}, as here", remedy);
    }

    private static void RequireSameRun(RunFolder run, ShardFolder shard)
    {
        if (run.Record is not RunRecord known)
            return;
        if (known.Shard is not null)
            throw new BadInputException(run.Folder, "$.shard", $"shard {known.Shard.Shard}", "a new folder, or a run that is not a shard",
                "Shards are not changed: merge into another folder.");
        foreach (StageRecord stage in shard.Record.Stages)
        {
            if (known.Stages.FirstOrDefault(other => other.Name == stage.Name) is StageRecord other && other.Key != stage.Key)
                throw new BadInputException(Path.Combine(run.Folder, RunFolder.RecordName), $"$.stages, {stage.Name}, key", other.Key,
                    $"{stage.Key}, as in {shard.RecordPath}", "The folder holds another run: merge into a new one.");
        }
    }

    private static ShardRecord WithoutFiles(ShardRecord shard)
        => shard with { Shares = [
            .. shard.Shares.Select(share => share with { Files = new Dictionary<string, string>(), Result = null })] };
}
