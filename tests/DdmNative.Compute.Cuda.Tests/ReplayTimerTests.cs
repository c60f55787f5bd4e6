using DdmNative.Compute.Cuda.Plans;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

/// <summary>Kernels timed by replays, on a driver on which a millisecond passes between any two events.</summary>
public sealed class ReplayTimerTests : IDisposable
{
    private readonly HostMemoryDriver _driver = new();
    private readonly CudaDevice _device;
    private readonly ReplayTimer _timer;

    public ReplayTimerTests()
    {
        _device = new CudaDevice(_driver, 0, Precision.Fp32, ptx: [0]);
        _timer = new ReplayTimer(_device);
    }

    public void Dispose()
    {
        _device.Dispose();
        _driver.Dispose();
    }

    [Fact]
    public void A_plans_kernels_are_timed_each_and_together_and_its_run_comes_first()
    {
        using IPlan plan = _device.Record("step", () =>
        {
            Launch("small", 1);
            Launch("large", 8);
            Launch("small", 1);
        });
        _device.ReplayTimer = _timer;

        plan.Run();
        _driver.Synchronize(_device.Stream);

        Assert.Equal(["small()", "large()", "small()"], _driver.Ran.Take(3));
        Assert.Equal([("small", 1, 32, 2), ("large", 8, 32, 1)], _timer.Kernels.Select(kernel => (kernel.Kernel, kernel.Blocks,
            kernel.ThreadsPerBlock, kernel.Launches)));
        Assert.Equal([2.0 / 20, 1.0 / 20], _timer.Kernels.Select(kernel => kernel.Milliseconds));
        Assert.Equal((1.0 / 5, 1.0 / 5, 0), (_timer.GraphMilliseconds, _timer.PlainMilliseconds, _timer.LaunchShare));
    }

    [Fact]
    public void Each_timed_piece_of_work_has_as_much_before_it_so_that_its_first_event_is_not_waited_for()
    {
        using IPlan plan = _device.Record("step", () => Launch("only", 1));
        _device.ReplayTimer = _timer;

        plan.Run();
        _driver.Synchronize(_device.Stream);

        // The run; the graph once and five times; plain launches once and five times; twenty copies twice.
        Assert.Equal(1 + 6 + 6 + 2 * 20, _driver.Ran.Count);
    }

    [Fact]
    public void A_plan_is_measured_once_and_counts_at_every_run()
    {
        using IPlan plan = _device.Record("step", () => Launch("only", 1));
        _device.ReplayTimer = _timer;
        plan.Run();
        _driver.Synchronize(_device.Stream);
        int measured = _driver.Ran.Count;

        plan.Run();
        _driver.Synchronize(_device.Stream);

        Assert.Equal(measured + 1, _driver.Ran.Count);
        Assert.Equal(2, Assert.Single(_timer.Kernels).Launches);
        Assert.Equal(2.0 / 5, _timer.GraphMilliseconds);
    }

    [Fact]
    public void A_launch_outside_of_plans_is_timed_too()
    {
        _device.ReplayTimer = _timer;

        Launch("alone", 2);

        ReplayedKernel kernel = Assert.Single(_timer.Kernels);
        Assert.Equal(("alone", 2, 1, 1.0 / 20), (kernel.Kernel, kernel.Blocks, kernel.Launches, kernel.Milliseconds));
    }

    [Fact]
    public void Nothing_is_left_of_a_measurement_and_nothing_is_measured_without_a_timer()
    {
        using IPlan plan = _device.Record("step", () => Launch("only", 1));
        plan.Run();
        _driver.Synchronize(_device.Stream);
        (int living, int executables) = (_driver.Living, _driver.Executables);
        Assert.Single(_driver.Ran);
        _device.ReplayTimer = _timer;

        plan.Run();

        Assert.Equal((living, executables), (_driver.Living, _driver.Executables));
        _device.ReplayTimer = null;
        _driver.Ran.Clear();
        plan.Run();
        _driver.Synchronize(_device.Stream);
        Assert.Equal("only()", _driver.Ran[^1]);
        Assert.Equal(1, _timer.Kernels.Sum(kernel => kernel.Launches));
    }

    private void Launch(string kernel, int blocks) => _device.Launch(new KernelLaunch(kernel, new Dim3(blocks), new Dim3(32)),
        new KernelArguments().Int(1));
}
