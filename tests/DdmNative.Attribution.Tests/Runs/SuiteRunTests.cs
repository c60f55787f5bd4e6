using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Runs;
using DdmNative.Attribution.Runs.Jobs;
using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Attribution.Tests.Runs;

/// <summary>Methods of the suite in a run's folder.</summary>
public sealed class SuiteRunTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly CpuDevice _device = new(2);

    public void Dispose()
    {
        _device.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Retraining_by_the_suite_is_that_of_the_depth_dial_and_ddm_is_its_mode()
    {
        Run("run", new JobAttribution { Methods = ["retrain", "all", "ddm:mode=repair:steps=3", "repair"] });

        NpzContents file = Npz.Read(Path.Combine(_folder, "run", "attribution.npz"));
        double[] all = file.Elements<double>("matrices");
        int length = all.Length / 4;
        Assert.Equal(all[..length], all[length..(2 * length)]);
        Assert.Equal(all[(2 * length)..(3 * length)], all[(3 * length)..]);
    }

    [Fact]
    public void An_interrupted_method_goes_on_and_writes_the_same_bytes()
    {
        var attribution = new JobAttribution { Methods = ["tracin"], Granularity = "sample" };
        Run("whole", attribution);
        using var stop = new CancellationTokenSource();
        string partial = Path.Combine(_folder, "killed", "attribution", "tracin.partial");
        Assert.Throws<OperationCanceledException>(() => Run("killed", attribution, () =>
        {
            if (Directory.Exists(partial))
                stop.Cancel();
        }, stop.Token));
        Assert.NotEmpty(Directory.GetFiles(partial));

        Run("killed", attribution);

        Assert.False(Directory.Exists(partial));
        foreach (string name in new[] { "attribution.npz", "attribution.csv", "attribution/tracin.npz" })
            Assert.Equal(File.ReadAllBytes(Path.Combine(_folder, "whole", name)), File.ReadAllBytes(Path.Combine(_folder, "killed", name)));
        Assert.Equal(30, Npz.Read(Path.Combine(_folder, "killed", "attribution.npz"))["matrix"].Shape[1]);
    }

    private void Run(string name, JobAttribution attribution, Action? onProgress = null, CancellationToken stop = default)
    {
        var job = new Job
        {
            Data = new JobData { Source = "generated:classes=3,per-class=10,test-per-class=6,size=8,clusters=2" },
            Network = new JobNetwork { Width = 4, Depth = 2 },
            Training = new JobTraining { BatchSize = 8, Epochs = 3 },
            Groups = new JobGroups { PerClass = 2 },
            Matching = new JobMatching { Steps = 3 },
            Attribution = attribution,
        };
        Runner.Run(Path.Combine(_folder, name), job, RunGoal.Attribute, new RunSettings(), _device, new Listener(onProgress), stop);
    }

    private sealed class Listener(Action? onProgress) : IRunListener
    {
        public void Stage(string stage, string title, bool isDone)
        {
        }

        public void Progress(double done, double total, string unit) => onProgress?.Invoke();

        public void Finished(string stage, double seconds)
        {
        }

        public void Note(string message)
        {
        }
    }
}
