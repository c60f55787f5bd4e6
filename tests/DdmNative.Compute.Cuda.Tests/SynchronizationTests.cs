using DdmNative.Runs;
using DdmNative.Runs.Jobs;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

/// <summary>A loop's steps stay on the device: counted on a driver that records the calls.</summary>
public sealed class SynchronizationTests
{
    private const int FewRounds = 2, ManyRounds = 12;

    [SkippableTheory]
    [InlineData("training step")]
    [InlineData("retraining step")]
    [InlineData("matching step")]
    [InlineData("online step")]
    public void More_steps_do_not_make_the_host_wait_more_often(string name)
    {
        using var driver = new HostMemoryDriver();
        using var device = new CudaDevice(driver, 0, Precision.Fp32, ptx: [0]);
        using InnerLoops loops = Prepare(device);
        InnerLoop loop = loops.Loops.First(loop => loop.Name.StartsWith(name, StringComparison.Ordinal));

        int few = Waits(driver, () => loop.Run(FewRounds)), many = Waits(driver, () => loop.Run(ManyRounds));

        Assert.True(many - few <= 0, $"{name}: {few} waits in {FewRounds} steps, {many} in {ManyRounds}");
    }

    private static InnerLoops Prepare(CudaDevice device)
    {
        try
        {
            return InnerLoops.Prepare(device, new Job
            {
                Data = new JobData { Source = "generated:classes=2,per-class=8,test-per-class=4,size=8,clusters=2" },
                Network = new JobNetwork { Width = 8, Depth = 2 },
                Training = new JobTraining { BatchSize = 4 },
                Groups = new JobGroups { PerClass = 2 },
            });
        }
        catch (CudaUnavailableException e)
        {
            Skip.If(true, e.Message);
            throw;
        }
    }

    private static int Waits(HostMemoryDriver driver, Action work)
    {
        int before = driver.Synchronizations;
        work();
        return driver.Synchronizations - before;
    }
}
