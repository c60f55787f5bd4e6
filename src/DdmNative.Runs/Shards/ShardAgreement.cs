using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Sharding;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Shards;

/// <summary>A shard's folder, and its <c>run.json</c>.</summary>
internal sealed record ShardFolder(string Folder, RunRecord Record)
{
    public ShardRecord Shard => Record.Shard!;

    public string RecordPath => Path.Combine(Folder, RunFolder.RecordName);
}

/// <summary>
/// The requirements for merging shards: they are all the shards of one job on the same data, by the same version with the same arithmetic,
/// each finished once, and their files are unchanged. A violation is rejected with the names of both sides and the field.
/// </summary>
internal static class ShardAgreement
{
    /// <summary>Reads the shards, in the order of their numbers. Nothing is written.</summary>
    /// <exception cref="BadInputException">They do not belong together, or one is missing, unfinished or damaged.</exception>
    public static IReadOnlyList<ShardFolder> Read(IReadOnlyList<string> folders)
    {
        ShardFolder[] shards = [.. folders.Select(Open)];
        ShardFolder first = shards[0];
        foreach (ShardFolder other in shards.Skip(1))
            RequireSameJob(first, other);
        foreach (IGrouping<int, ShardFolder> same in shards.GroupBy(shard => shard.Shard.Index).Where(same => same.Count() > 1))
            throw Mismatch(same.ElementAt(1), "$.shard.index", $"shard {same.First().Shard.Shard}",
                $"each shard once; {same.First().RecordPath} is the same one", "Specify each shard's folder once.");
        if (Array.Find(shards, shard => !shard.Shard.Finished) is ShardFolder unfinished)
            throw Mismatch(unfinished, "$.shard.finished", $"shard {unfinished.Shard.Shard} unfinished", "a finished shard",
                $"Run the same command there again with --shard {unfinished.Shard.Shard}: it resumes.");
        int[] missing = [.. Enumerable.Range(1, first.Shard.Count).Except(shards.Select(shard => shard.Shard.Index))];
        if (missing.Length > 0)
        {
            string those = string.Join(", ", missing.Select(index => new Shard(index, first.Shard.Count)));
            throw Mismatch(first, "$.shard.count", $"{shards.Length} of {first.Shard.Count} shards", $"all of them; missing: {those}",
                $"Run the same command with --shard {missing[0]}/{first.Shard.Count}, and add its folder.");
        }

        ShardFolder[] ordered = [.. shards.OrderBy(shard => shard.Shard.Index)];
        foreach (ShardFolder other in ordered.Skip(1))
            RequireSameStages(ordered[0], other);
        foreach (string stage in ordered.SelectMany(shard => shard.Shard.Shares.Select(share => share.Stage)).Distinct())
            RequireAllPieces(ordered, stage);
        foreach (ShardFolder shard in ordered)
        {
            foreach ((string name, string sha256) in shard.Record.Stages.SelectMany(stage => stage.Files)
                .Concat(shard.Shard.Shares.SelectMany(share => share.Files)).DistinctBy(file => file.Key))
                FileCopy.Require(Path.Combine(shard.Folder, name), sha256);
        }

        return ordered;
    }

    private static ShardFolder Open(string folder)
    {
        RunRecord record = RunFolder.Peek(folder)
            ?? throw new BadInputException(folder, "run folder", "no run.json", "the folder of a shard", "Check the path.");
        return record.Shard is not null ? new ShardFolder(folder, record)
            : throw new BadInputException(Path.Combine(folder, RunFolder.RecordName), "$.shard", "a run that is not a shard",
                "the folder of a shard", "Specify folders of runs with --shard I/N.");
    }

    private static void RequireSameJob(ShardFolder first, ShardFolder other)
    {
        Require("$.version", first.Record.Version, other.Record.Version, "Run the shard again with the same version.");
        Require("$.arithmetic", first.Record.Arithmetic, other.Record.Arithmetic,
            "Bits would differ: run all shards on the same kind of device.");
        if (JobDifference.Between(first.Record.Job, other.Record.Job) is JobDifference difference)
            Require(difference.Field, difference.First, difference.Second, "Run the shard again with the same job.");
        Require("$.data.sha256", first.Record.Data?.Sha256, other.Record.Data?.Sha256, "Run the shard again on the same data.");
        Require("$.shard.goal", first.Shard.Goal, other.Shard.Goal, "Run the shard again with the same verb.");
        Require("$.shard.count", $"{first.Shard.Count}", $"{other.Shard.Count}", "Run the shard again with the same N.");

        void Require(string field, string? expected, string? found, string remedy)
        {
            if (found != expected)
                throw Mismatch(other, field, found ?? "nothing", $"{expected ?? "nothing"}, as in {first.RecordPath}", remedy);
        }
    }

    /// <summary>
    /// Stages that every shard computes completely must have identical files, and the shards must have been prepared with the same run.
    /// </summary>
    private static void RequireSameStages(ShardFolder first, ShardFolder other)
    {
        string[] own = [.. first.Record.Stages.Select(stage => stage.Name)], others = [.. other.Record.Stages.Select(stage => stage.Name)];
        if (own.Except(others).Concat(others.Except(own)).FirstOrDefault() is string alone)
            throw Mismatch(other, "$.stages", own.Contains(alone)
                ? $"no stage '{alone}'" : $"the finished stage '{alone}'", $"the same finished stages as in {first.RecordPath}",
                    "Run all shards with the same --from.");
        foreach (StageRecord stage in first.Record.Stages)
        {
            StageRecord same = other.Record.Stages.First(record => record.Name == stage.Name);
            if (same.Key != stage.Key)
                throw Mismatch(other, $"$.stages, {stage.Name}, key", same.Key, $"{stage.Key}, as in {first.RecordPath}",
                    "Run the shard again with the same job on the same data.");
            foreach ((string name, string sha256) in stage.Files)
            {
                if (!same.Files.TryGetValue(name, out string? found) || found != sha256)
                    throw Mismatch(other, $"$.stages, {stage.Name}, {name}", found
                        ?? "no such file", $"{sha256}, as in {first.RecordPath}",
                            "These bits must not differ: run all shards on the same kind of machine, or with the same --from.");
            }
        }
    }

    private static void RequireAllPieces(IReadOnlyList<ShardFolder> shards, string stage)
    {
        (ShardFolder Folder, ShareRecord Share)[] shares = [
            .. shards.SelectMany(shard => shard.Shard.Shares.Where(share => share.Stage == stage).Select(share => (shard, share)))];
        (ShardFolder Folder, ShareRecord Share) first = shares[0];
        if (Array.Find(shares, other => other.Share.Key != first.Share.Key
            || other.Share.Of != first.Share.Of) is (ShardFolder odd, ShareRecord differs))
            throw Mismatch(odd, $"$.shard.shares, {stage}", $"{differs.Of} pieces under {differs.Key}",
                $"{first.Share.Of} under {first.Share.Key}, as in {first.Folder.RecordPath}",
                "Run all shards with the same job and the same --from.");
        if (shares.Sum(share => share.Share.Own) != first.Share.Of)
            throw Mismatch(first.Folder, $"$.shard.shares, {stage}",
                $"{shares.Sum(share => share.Share.Own)} pieces in all shards together", $"{first.Share.Of}",
                "Run the same command in every shard's folder again: what is missing is computed.");
    }

    private static BadInputException Mismatch(ShardFolder shard, string field, string found, string expected, string remedy)
        => new(shard.RecordPath, field, found, expected, remedy);
}
