using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;
using DdmNative.Attribution.Sharding;
using DdmNative.Compute;

namespace DdmNative.Runs;

/// <summary>The inputs and services of a stage.</summary>
/// <param name="Folder">The run's folder.</param>
/// <param name="Job">The complete job; a stage uses only what its settings name.</param>
/// <param name="Settings">The settings that control how the run is carried out.</param>
/// <param name="Device">The device for the kernels.</param>
/// <param name="Inputs">Data, network and the results of earlier stages.</param>
/// <param name="Listener">The progress listener.</param>
/// <param name="Key">The stage's key, under which it may keep partial results.</param>
/// <param name="Stop">The cancellation token.</param>
internal sealed record StageContext(RunFolder Folder, Job Job, RunSettings Settings, Device Device, RunInputs Inputs, IRunListener Listener,
    string Key, CancellationToken Stop)
{
    /// <summary>The pieces of the stage's work that this process does; null for all.</summary>
    public StageShare? Share { get; init; }

    /// <summary>What the merged shards have computed of the stage, in what time, and with how much memory.</summary>
    public (int Computed, double Seconds, long PeakBytes) ByShards
    {
        get
        {
            ShareRecord[] shares = [.. Folder.Record!.Shards.SelectMany(shard => shard.Shares).Where(share => share.Key == Key)];
            return (shares.Sum(share => share.Computed), shares.Sum(share => share.Seconds),
                shares.Select(share => share.PeakBytes).DefaultIfEmpty().Max());
        }
    }

    /// <summary>Creates the folder of a file of the run, and returns the file's full path.</summary>
    /// <exception cref="DiskException">The folder could not be created.</exception>
    public string PathFor(string name)
    {
        string path = Folder.PathOf(name);
        AtomicFile.MakeFolder(Path.GetDirectoryName(path)!);
        return path;
    }
}
