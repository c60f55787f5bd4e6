using DdmNative.Runs;
using DdmNative.Runs.Jobs;
using DdmNative.Compute.Cuda;
using Xunit;

namespace DdmNative.Compute.ManagedCuda.Tests;

/// <summary>A small job through ManagedCuda writes the same files, bit for bit, as through the default driver.</summary>
public sealed class SameBitsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddm-managedcuda-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableTheory]
    [InlineData("fp32")]
    [InlineData("tf32x3")]
    public void A_job_writes_the_same_files(string precision)
    {
        Dictionary<string, byte[]> native = Files("native", () => new CudaDevice(0, PrecisionNames.Find(precision)!.Value));
        Dictionary<string, byte[]> managed = Files("managed", () => new ManagedCudaFamily().Open("0", precision));

        Assert.Contains("attribution.csv", native.Keys);
        Assert.Equal(native.Keys.Order(), managed.Keys.Order());
        Assert.All(native, file => Assert.True(file.Value.AsSpan().SequenceEqual(managed[file.Key]), file.Key));
    }

    private Dictionary<string, byte[]> Files(string name, Func<Device> open)
    {
        string run = Path.Combine(_folder, name);
        using Device device = Opened(open);
        var job = new Job
        {
            Data = new JobData { Source = "generated:classes=2,per-class=12,test-per-class=6,size=8,clusters=2" },
            Network = new JobNetwork { Width = 8, Depth = 2 },
            Training = new JobTraining { BatchSize = 12, Epochs = 2 },
            Groups = new JobGroups { PerClass = 2 },
            Matching = new JobMatching { Steps = 3 },
        };
        Runner.Run(run, job, RunGoal.Attribute, new RunSettings(), device, new SilentListener(), CancellationToken.None);
        // run.json and the report contain times and the device's name.
        return Directory.EnumerateFiles(run, "*", SearchOption.AllDirectories)
            .Where(path => Path.GetFileName(path) is not ("run.json" or "report.html" or "run.lock"))
            .ToDictionary(path => Path.GetRelativePath(run, path), File.ReadAllBytes);
    }

    private static Device Opened(Func<Device> open)
    {
        try
        {
            return open();
        }
        catch (CudaUnavailableException e)
        {
            Skip.If(true, e.Message);
            throw;
        }
    }

    private sealed class SilentListener : IRunListener
    {
        public void Stage(string stage, string title, bool isDone)
        {
        }

        public void Progress(double done, double total, string unit)
        {
        }

        public void Finished(string stage, double seconds)
        {
        }

        public void Note(string message)
        {
        }
    }
}
