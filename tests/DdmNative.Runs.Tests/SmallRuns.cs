using DdmNative.Attribution.Formats;
using DdmNative.Runs.Jobs;
using DdmNative.Compute.Cpu;

namespace DdmNative.Runs.Tests;

/// <summary>Runs of a small job, 30 images in six groups of three classes, in a folder that is gone after the test.</summary>
internal sealed class SmallRuns : IDisposable
{
    public const int Images = 30, Groups = 6;

    private readonly string _folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly CpuDevice _device = new(2);

    /// <summary>The path of a run's file, or of the run.</summary>
    public string PathOf(params string[] names) => Path.Combine([_folder, .. names]);

    public NpzContents Read(string run, string file) => Npz.Read(PathOf(run, file));

    public void Attribute(string run, JobAttribution attribution, IRunListener? listener = null, CancellationToken stop = default)
        => Runner.Run(PathOf(run), JobOf(attribution), RunGoal.Attribute, new RunSettings(), _device, listener
            ?? new RecordingListener(), stop);

    public RunPlan Plan(string run, JobAttribution attribution)
        => RunPlan.Make(PathOf(run), JobOf(attribution), RunGoal.Attribute, new RunSettings(), _device);

    public void Dispose()
    {
        _device.Dispose();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    private static Job JobOf(JobAttribution attribution) => new()
    {
        Data = new JobData { Source = "generated:classes=3,per-class=10,test-per-class=6,size=8,clusters=2" },
        Network = new JobNetwork { Width = 4, Depth = 2 },
        Training = new JobTraining { BatchSize = 8, Epochs = 3 },
        Groups = new JobGroups { PerClass = 2 },
        Matching = new JobMatching { Steps = 3 },
        Attribution = attribution,
    };
}
