using DdmNative.Attribution.Datasets.Fetch;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Shards;

/// <summary>
/// Another run on the same data whose finished stages are reused, so that a target or synset is computed only once for several folders. It
/// is only read, by any number of processes at the same time.
/// </summary>
internal sealed class PreparedRun
{
    private readonly string _folder;
    private readonly RunRecord _record;

    private PreparedRun(string folder, RunRecord record) => (_folder, _record) = (folder, record);

    /// <summary>Opens a run whose stages can be reused.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="data">SHA-256 of the current data.</param>
    /// <param name="arithmetic">The arithmetic of the current device.</param>
    /// <exception cref="BadInputException">It is not a run, or its results were computed from other data, by another version or on another
    /// kind of device.</exception>
    public static PreparedRun Open(string folder, string data, string arithmetic)
    {
        RunRecord record = RunFolder.Peek(folder)
            ?? throw new BadInputException(folder, "run folder", "no run.json", "the folder of a run", "Check the path, or remove --from.");
        if (record.Shard is ShardRecord shard)
            throw new BadInputException(folder, "$.shard", $"shard {shard.Shard}", "a run that is not a shard",
                "Use the run that the shards were prepared with, or the merged one.");
        Require("$.version", record.Version, Runner.Version);
        Require("$.data.sha256", record.Data?.Sha256, data);
        Require("$.arithmetic", record.Arithmetic, arithmetic);
        return new PreparedRun(folder, record);

        void Require(string field, string? found, string here)
        {
            if (found != here)
                throw new BadInputException(Path.Combine(folder, RunFolder.RecordName), field, found
                    ?? "nothing", $"{here}, as here", "Prepare the run again in the same way as this one, or remove --from.");
        }
    }

    /// <summary>
    /// Copies a stage that is finished there under the same key; false if it is not finished, or if its models are in an experiment's
    /// store.
    /// </summary>
    /// <exception cref="BadInputException">A file of the stage is missing or damaged.</exception>
    public bool TryReuse(Stage stage, string key, RunFolder folder)
    {
        if (_record.Stages.FirstOrDefault(record => record.Name == stage.Name && record.Key == key) is not StageRecord finished
            || !finished.Files.Keys.All(RelativePath.Stays))
            return false;
        folder.Forget(stage.Name);
        foreach ((string name, string sha256) in finished.Files)
            FileCopy.Copy(_folder, name, folder, sha256);
        folder.Add(finished);
        return true;
    }
}
