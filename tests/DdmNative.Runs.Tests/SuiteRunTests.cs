using DdmNative.Attribution.Formats;
using DdmNative.Runs.Jobs;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>Methods of the suite in a run's folder.</summary>
public sealed class SuiteRunTests : IDisposable
{
    private readonly SmallRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void Retraining_by_the_suite_is_that_of_the_depth_dial_and_ddm_is_its_mode()
    {
        _runs.Attribute("run", new JobAttribution { Methods = ["retrain", "all", "ddm:mode=repair:steps=3", "repair"],
            ReferenceGroups = 0 });

        NpzContents file = _runs.Read("run", "attribution.npz");
        double[] all = file.Elements<double>("matrices");
        int length = all.Length / 4;
        Assert.Equal(all[..length], all[length..(2 * length)]);
        Assert.Equal(all[(2 * length)..(3 * length)], all[(3 * length)..]);
    }

    [Fact]
    public void An_interrupted_method_goes_on_and_writes_the_same_bytes()
    {
        var attribution = new JobAttribution { Methods = ["tracin"], Granularity = "sample" };
        _runs.Attribute("whole", attribution);
        using var stop = new CancellationTokenSource();
        string partial = _runs.PathOf("killed", "attribution", "tracin.partial");
        Assert.Throws<OperationCanceledException>(() => _runs.Attribute("killed", attribution, new Listener(() =>
        {
            if (Directory.Exists(partial))
                stop.Cancel();
        }), stop.Token));
        Assert.NotEmpty(Directory.GetFiles(partial));

        _runs.Attribute("killed", attribution);

        Assert.False(Directory.Exists(partial));
        foreach (string name in new[] { "attribution.npz", "attribution.csv", "attribution/tracin.npz" })
            Assert.Equal(File.ReadAllBytes(_runs.PathOf("whole", name)), File.ReadAllBytes(_runs.PathOf("killed", name)));
        Assert.Equal(SmallRuns.Images, _runs.Read("killed", "attribution.npz")["matrix"].Shape[1]);
    }

    private sealed class Listener(Action onProgress) : IRunListener
    {
        public void Stage(string stage, string title, bool isDone)
        {
        }

        public void Progress(double done, double total, string unit) => onProgress();

        public void Finished(string stage, double seconds)
        {
        }

        public void Note(string message)
        {
        }
    }
}
