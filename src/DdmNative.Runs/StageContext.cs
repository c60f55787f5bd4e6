using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;
using DdmNative.Attribution.Sharding;
using DdmNative.Compute;

namespace DdmNative.Runs;

/// <summary>What a stage works with.</summary>
/// <param name="Folder">The run's folder.</param>
/// <param name="Job">The whole job; a stage uses only what its settings name.</param>
/// <param name="Settings">How the run is carried out.</param>
/// <param name="Device">Where kernels run.</param>
/// <param name="Inputs">Data, network and the earlier stages' results.</param>
/// <param name="Listener">Who watches.</param>
/// <param name="Key">The stage's key, under which it may keep partial results.</param>
/// <param name="Stop">The user's wish to interrupt.</param>
internal sealed record StageContext(RunFolder Folder, Job Job, RunSettings Settings, Device Device, RunInputs Inputs, IRunListener Listener, string Key, CancellationToken Stop)
{
    /// <summary>Which pieces of the stage's work are this process's; null for all.</summary>
    public StageShare? Share { get; init; }

    /// <summary>What the shards that were put together in this run have computed of the stage, in what time, and with how much memory.</summary>
    public (int Computed, double Seconds, long PeakBytes) ByShards
    {
        get
        {
            ShareRecord[] shares = [.. Folder.Record!.Shards.SelectMany(shard => shard.Shares).Where(share => share.Key == Key)];
            return (shares.Sum(share => share.Computed), shares.Sum(share => share.Seconds), shares.Select(share => share.PeakBytes).DefaultIfEmpty().Max());
        }
    }

    /// <summary>Makes the folder of a file of the run, and returns the file's full path.</summary>
    /// <exception cref="DiskException">The disk refused.</exception>
    public string PathFor(string name)
    {
        string path = Folder.PathOf(name);
        AtomicFile.MakeFolder(Path.GetDirectoryName(path)!);
        return path;
    }
}
