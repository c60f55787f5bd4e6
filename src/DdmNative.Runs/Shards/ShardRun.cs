using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Sharding;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Shards;

/// <summary>
/// Runs one shard's part of a job: all of the stages that others depend on, its own pieces of shared stages, and nothing of what the merge
/// computes.
/// </summary>
internal sealed class ShardRun
{
    private readonly RunFolder _folder;
    private readonly Shard _shard;
    private readonly ModelNumbers _numbers = new();
    private readonly IReadOnlyList<Stage> _stages;
    private readonly Dictionary<string, int> _assigned;

    /// <param name="folder">The shard's own folder, whose record contains the shard.</param>
    /// <param name="stages">All stages of the job, in order.</param>
    public ShardRun(RunFolder folder, IReadOnlyList<Stage> stages)
    {
        (_folder, _stages, _shard) = (folder, stages, folder.Record!.Shard!.Shard);
        _assigned = stages.Where(stage => stage.InShard == ShardWork.Dealt).Select((stage, i) => (stage.Name, i)).ToDictionary();
    }

    /// <summary>Creates the shard's record at the start of a run: finished work under the same goal is kept.</summary>
    /// <exception cref="BadInputException">The folder belongs to another shard, or is not a shard.</exception>
    public static ShardRecord? Begin(RunFolder folder, Shard? shard, RunGoal goal)
    {
        ShardRecord? known = folder.Record?.Shard;
        if (folder.Record is not null && known?.Shard != shard)
            throw new BadInputException(folder.Folder, "$.shard", known is null
                ? "a run that is not a shard" : $"shard {known.Shard}", shard is null
                    ? "a run that is not a shard" : $"shard {shard}, or a new folder",
                known is null ? "Use a separate folder for each shard; --from reuses what is finished here."
                : $"Continue with --shard {known.Shard}, merge the shards with ddm merge, or choose a new folder.");
        return shard is not Shard asked ? null : new ShardRecord
        {
            Index = asked.Index,
            Count = asked.Count,
            Goal = goal.ToString(),
            Shares = known?.Shares ?? [],
        };
    }

    /// <summary>Does the shard's part of an unfinished stage.</summary>
    public void Run(Stage stage, StageContext context)
    {
        switch (stage.InShard)
        {
            case ShardWork.Whole:
                Pipeline.Finish(_folder, stage, Pipeline.Execute(stage, context), context.Listener);
                break;
            case ShardWork.Pieces:
                ShareRecord pieces = Pieces(stage, context);
                Add(pieces);
                context.Listener.Finished(stage.Name, pieces.Seconds);
                context.Listener.Note($"{stage.Name}: {pieces.Own} of {pieces.Of} pieces belong to shard {_shard}.");
                break;
            case ShardWork.Dealt when _shard.Owns(_assigned[stage.Name]):
                RunCompletely(stage, context);
                break;
        }
    }

    /// <summary>Marks the shard as finished, and removes what another job left in the record.</summary>
    /// <param name="keys">The current keys of all stages.</param>
    public void End(IReadOnlyDictionary<string, string> keys)
    {
        ShardRecord shard = _folder.Record!.Shard!;
        StageRecord[] finished = [.. _folder.Record.Stages.Where(stage => keys.GetValueOrDefault(stage.Name) == stage.Key)];
        _folder.Save(_folder.Record with
        {
            Stages = finished,
            Begun = null,
            Shard = shard with
            {
                Finished = true,
                Shares = [.. shard.Shares.Where(share => keys.GetValueOrDefault(share.Stage) == share.Key)],
                Left = [.. _stages.Where(stage => stage.InShard is ShardWork.Pieces or ShardWork.Merge).Select(stage => stage.Name)
                .Except(finished.Select(stage => stage.Name))],
            },
        });
    }

    /// <summary>
    /// Checks the shard's pieces even if they were finished before: existing pieces are reused, and damaged ones are recomputed.
    /// </summary>
    private ShareRecord Pieces(Stage stage, StageContext context)
    {
        var share = new StageShare(_shard, _numbers);
        try
        {
            Pipeline.Execute(stage, context with { Share = share });
        }
        catch (AwaitingShardsException)
        {
            ShareRecord? before = FindShare(stage.Name, context.Key);
            return new ShareRecord
            {
                Stage = stage.Name,
                Key = context.Key,
                Own = share.Own,
                Of = share.Of,
                Computed = share.Computed + (before?.Computed ?? 0),
                Seconds = share.Seconds + (before?.Seconds ?? 0),
                PeakBytes = Math.Max(PeakMemory.Bytes(), before?.PeakBytes ?? 0),
                Files = Hashes(share.Files),
            };
        }

        throw new InvalidOperationException($"Stage {stage.Name} declares that its work is divided into pieces, but does not divide it.");
    }

    private void RunCompletely(Stage stage, StageContext context)
    {
        if (FindShare(stage.Name, context.Key) is ShareRecord done
            && done.Files.All(file => Fingerprint.OfFile(_folder.PathOf(file.Key)) == file.Value))
        {
            context.Listener.Stage(stage.Name, stage.Title, isDone: true);
            return;
        }

        StageRecord result = Pipeline.Execute(stage, context);
        string? further = stage.Folder is null ? null : _folder.PathOf(stage.Folder);
        IEnumerable<string> files = result.Files.Keys.Select(_folder.PathOf);
        if (further is not null && Directory.Exists(further))
            files = files.Concat(Directory.EnumerateFiles(further, "*", SearchOption.AllDirectories)
                .Where(path => !RunFolder.IsTrace(path)));
        Add(new ShareRecord
        {
            Stage = stage.Name,
            Key = context.Key,
            Own = 1,
            Of = 1,
            Files = Hashes(files),
            Result = result,
        });
        context.Listener.Finished(stage.Name, result.Seconds);
    }

    private ShareRecord? FindShare(string stage, string key)
        => _folder.Record!.Shard!.Shares.FirstOrDefault(share => share.Stage == stage && share.Key == key);

    private void Add(ShareRecord share)
    {
        ShardRecord shard = _folder.Record!.Shard!;
        _folder.Save(_folder.Record
            with { Shard = shard with { Shares = [.. shard.Shares.Where(other => other.Stage != share.Stage), share] } });
    }

    private Dictionary<string, string> Hashes(IEnumerable<string> paths)
        => paths.Order(StringComparer.Ordinal).ToDictionary(_folder.NameOf, path => Fingerprint.OfFile(path)!);
}
