using DdmNative.Compute.Cuda.Plans;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

/// <summary>Transfers, plans and errors of the device, on a driver that does its work as late as possible.</summary>
public sealed class CudaDeviceTests : IDisposable
{
    private readonly HostMemoryDriver _driver = new(64 << 20);
    private readonly CudaDevice _device;

    public CudaDeviceTests() => _device = new CudaDevice(_driver, 0, Precision.Fp32, ptx: [0]);

    public void Dispose()
    {
        _device.Dispose();
        _driver.Dispose();
    }

    [Theory]
    [InlineData(1, 1, 1, 1, 1)]
    [InlineData(3, 2, 5, 3, 4)]
    [InlineData(2, 7, 1, 9, 9)]
    [InlineData(1, 1, 3_000_000, 1, 1)]
    [InlineData(3, 50, 16, 32, 32)]
    [InlineData(1, 3, 5, 397, 401)]
    [InlineData(1, 1, 600_000, 1, 2)]
    public void What_is_uploaded_is_downloaded(int members, int samples, int channels, int height, int width)
    {
        var shape = new TensorShape(members, samples, channels, height, width);
        float[] values = Counted((int)shape.Length);

        using Tensor tensor = _device.Upload(shape, values);

        Assert.Equal(values, tensor.ToArray());
    }

    [Fact]
    public unsafe void Images_lie_channels_last()
    {
        using var tensor = (CudaTensor)_device.Upload(new TensorShape(1, 1, 2, 1, 3), [1, 2, 3, 4, 5, 6]);
        _driver.Synchronize(_device.Stream);

        Assert.Equal([1, 4, 2, 5, 3, 6], new ReadOnlySpan<float>((void*)tensor.Address, 6).ToArray());
    }

    [Fact]
    public void Many_uploads_before_any_copy_is_done_do_not_overwrite_each_other()
    {
        var shape = new TensorShape(1, 1, 100_000);
        Tensor[] tensors = [.. Enumerable.Range(0, 60).Select(i => _device.Upload(shape, Filled(shape, i)))];

        for (int i = 0; i < tensors.Length; i++)
            Assert.All(tensors[i].ToArray(), value => Assert.Equal(i, value));
        Array.ForEach(tensors, tensor => tensor.Dispose());
    }

    [Fact]
    public void A_new_tensor_is_zero_even_in_memory_that_was_used()
    {
        var shape = new TensorShape(1, 1, 100);
        _device.Upload(shape, Filled(shape, 7)).Dispose();

        using Tensor tensor = _device.Allocate(shape);

        Assert.All(tensor.ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Recording_runs_nothing_and_each_run_launches_all_in_order()
    {
        using IPlan plan = _device.Record("two kernels", () =>
        {
            Launch("first");
            Launch("second");
        });
        _driver.Synchronize(_device.Stream);
        Assert.Empty(_driver.Ran);

        plan.Run();
        plan.Run();
        _driver.Synchronize(_device.Stream);

        Assert.Equal(["first()", "second()", "first()", "second()"], _driver.Ran);
    }

    [Fact]
    public void Intermediates_have_memory_of_the_plan_and_offsets_into_them_are_kept()
    {
        using var transient = (CudaTensor)_device.AllocateTransient(new TensorShape(1, 1, 64));
        using IPlan plan = _device.Record("offsets", () =>
        {
            using Workspace workspace = _device.Workspace(32);
            Launch("write", transient.Address, workspace.Address);
            Launch("read", transient.Address + 128, workspace.Address + 4, 0);
        });

        plan.Run();
        _driver.Synchronize(_device.Stream);

        ulong[][] pointers = [.. _driver.Ran.Select(
            line => line[(line.IndexOf('(', StringComparison.Ordinal) + 1)..^1].Split(',').Select(ulong.Parse).ToArray())];
        Assert.Equal([pointers[0][0] + 128, pointers[0][1] + 4, 0UL], pointers[1]);
        Assert.True(pointers[0].All(pointer => pointer >> 63 == 0), "a symbolic address reached the driver");
    }

    [Fact]
    public void A_disposed_plan_gives_back_its_graph_and_its_memory()
    {
        using var transient = (CudaTensor)_device.AllocateTransient(new TensorShape(1, 1, 1000));
        long before = _device.Memory.UsedBytes;
        IPlan plan = _device.Record("short-lived", () => Launch("write", transient.Address));
        Assert.True(_device.Memory.UsedBytes > before);

        plan.Dispose();

        Assert.Equal(before, _device.Memory.UsedBytes);
        Assert.Equal(0, _driver.Executables);
    }

    [Fact]
    public void A_plan_that_cannot_be_made_leaves_the_device_as_it_was()
    {
        using var transient = (CudaTensor)_device.AllocateTransient(new TensorShape(1, 1, 1000));
        _driver.FailingKernel = "bad";

        Assert.Throws<CudaException>(() => _device.Record("failing", () => Launch("bad", transient.Address)));

        Assert.Equal(0, _device.Memory.UsedBytes);
        Assert.Equal(0, _driver.Executables);
        using IPlan plan = _device.Record("after it", () => Launch("good"));
        plan.Run();
        _driver.Synchronize(_device.Stream);
        Assert.Equal(["good()"], _driver.Ran);
    }

    [Fact]
    public void A_plan_too_large_for_the_device_is_out_of_memory_and_smaller_ones_still_fit()
    {
        using var large = (CudaTensor)_device.AllocateTransient(new TensorShape(1, 1, 100 << 20));
        using var small = (CudaTensor)_device.AllocateTransient(new TensorShape(1, 1, 1000));

        Assert.Throws<OutOfDeviceMemoryException>(() => _device.Record("large", () => Launch("write", large.Address)));

        using IPlan plan = _device.Record("small", () => Launch("write", small.Address));
    }

    [Fact]
    public void A_plan_inside_a_plan_and_an_empty_plan_are_refused_by_name()
    {
        Assert.Contains("inner",
            Assert.Throws<InvalidOperationException>(() => _device.Record("outer", () => _device.Record("inner", () => { }))).Message,
            StringComparison.Ordinal);
        Assert.Contains("empty", Assert.Throws<InvalidOperationException>(() => _device.Record("empty", () => { })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_observer_sees_every_kernel_of_a_plan()
    {
        using IPlan plan = _device.Record("observed", () => Launch("seen"));
        var observer = new Names();
        _device.LaunchObserver = observer;

        plan.Run();

        Assert.Equal(["observed", "seen"], observer.Seen);
    }

    [Fact]
    public void A_device_that_is_not_there_is_named_with_those_that_are()
    {
        var e = Assert.Throws<CudaUnavailableException>(() => new CudaDevice(_driver, 5, Precision.Fp32, ptx: [0]));

        Assert.Contains("cuda:5: this machine has only cuda:0", e.Message, StringComparison.Ordinal);
    }

    private static float[] Counted(int length) => [.. Enumerable.Range(0, length).Select(i => (float)i)];

    private static float[] Filled(TensorShape shape, float value) => [.. Enumerable.Repeat(value, (int)shape.Length)];

    private void Launch(string kernel, params ulong[] pointers)
    {
        var arguments = new KernelArguments().Int(1);
        foreach (ulong pointer in pointers)
            arguments.Pointer(pointer);
        _device.Launch(new KernelLaunch(kernel, new Dim3(1), new Dim3(32)), arguments);
    }

    private sealed class Names : ILaunchObserver
    {
        public List<string> Seen { get; } = [];

        public void OnRunStarted(IPlan plan) => Seen.Add(plan.Name);

        public void OnLaunch(string kernel, int blocks, int threadsPerBlock, float milliseconds) => Seen.Add(kernel);

        public void OnRunEnded(IPlan plan)
        {
        }
    }
}
