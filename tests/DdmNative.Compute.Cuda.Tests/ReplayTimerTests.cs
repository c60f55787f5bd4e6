using DdmNative.Compute.Cuda.Plans;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

/// <summary>Kernels timed by replays, on a driver on which a millisecond passes between any two events.</summary>
public sealed class ReplayTimerTests : IDisposable
{
    private readonly HostMemoryDriver driver = new();
    private readonly CudaDevice device;
    private readonly ReplayTimer timer;

    public ReplayTimerTests()
    {
        device = new CudaDevice(driver, 0, Precision.Fp32, ptx: [0]);
        timer = new ReplayTimer(device);
    }

    public void Dispose()
    {
        device.Dispose();
        driver.Dispose();
    }

    [Fact]
    public void A_plans_kernels_are_timed_each_and_together_and_its_run_comes_first()
    {
        using IPlan plan = device.Record("step", () =>
        {
            Launch("small", 1);
            Launch("large", 8);
            Launch("small", 1);
        });
        device.ReplayTimer = timer;

        plan.Run();
        driver.Synchronize(device.Stream);

        Assert.Equal(["small()", "large()", "small()"], driver.Ran.Take(3));
        Assert.Equal([("small", 1, 32, 2), ("large", 8, 32, 1)], timer.Kernels.Select(kernel => (kernel.Kernel, kernel.Blocks,
            kernel.ThreadsPerBlock, kernel.Launches)));
        Assert.Equal([2.0 / 20, 1.0 / 20], timer.Kernels.Select(kernel => kernel.Milliseconds));
        Assert.Equal((1.0 / 5, 1.0 / 5, 0), (timer.GraphMilliseconds, timer.PlainMilliseconds, timer.LaunchShare));
    }

    [Fact]
    public void Each_timed_piece_of_work_has_as_much_before_it_so_that_its_first_event_is_not_waited_for()
    {
        using IPlan plan = device.Record("step", () => Launch("only", 1));
        device.ReplayTimer = timer;

        plan.Run();
        driver.Synchronize(device.Stream);

        // The run; the graph once and five times; plain launches once and five times; twenty copies twice.
        Assert.Equal(1 + 6 + 6 + 2 * 20, driver.Ran.Count);
    }

    [Fact]
    public void A_plan_is_measured_once_and_counts_at_every_run()
    {
        using IPlan plan = device.Record("step", () => Launch("only", 1));
        device.ReplayTimer = timer;
        plan.Run();
        driver.Synchronize(device.Stream);
        int measured = driver.Ran.Count;

        plan.Run();
        driver.Synchronize(device.Stream);

        Assert.Equal(measured + 1, driver.Ran.Count);
        Assert.Equal(2, Assert.Single(timer.Kernels).Launches);
        Assert.Equal(2.0 / 5, timer.GraphMilliseconds);
    }

    [Fact]
    public void A_launch_outside_of_plans_is_timed_too()
    {
        device.ReplayTimer = timer;

        Launch("alone", 2);

        ReplayedKernel kernel = Assert.Single(timer.Kernels);
        Assert.Equal(("alone", 2, 1, 1.0 / 20), (kernel.Kernel, kernel.Blocks, kernel.Launches, kernel.Milliseconds));
    }

    [Fact]
    public void Nothing_is_left_of_a_measurement_and_nothing_is_measured_without_a_timer()
    {
        using IPlan plan = device.Record("step", () => Launch("only", 1));
        plan.Run();
        driver.Synchronize(device.Stream);
        (int living, int executables) = (driver.Living, driver.Executables);
        Assert.Single(driver.Ran);
        device.ReplayTimer = timer;

        plan.Run();

        Assert.Equal((living, executables), (driver.Living, driver.Executables));
        device.ReplayTimer = null;
        driver.Ran.Clear();
        plan.Run();
        driver.Synchronize(device.Stream);
        Assert.Equal("only()", driver.Ran[^1]);
        Assert.Equal(1, timer.Kernels.Sum(kernel => kernel.Launches));
    }

    private void Launch(string kernel, int blocks) => device.Launch(new KernelLaunch(kernel, new Dim3(blocks), new Dim3(32)),
        new KernelArguments().Int(1));
}
