using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Compute.Tests;

public sealed class CpuDeviceTests
{
    [Fact]
    public void Threads_default_to_the_cores_and_negative_numbers_are_refused()
    {
        using var device = new CpuDevice();
        Assert.Equal(Environment.ProcessorCount, device.Threads);
        Assert.Throws<ArgumentOutOfRangeException>(() => new CpuDevice(-1));
    }

    [Fact]
    public void A_disposed_tensor_is_refused_by_uploads_downloads_and_kernels()
    {
        using var device = new CpuDevice(1);
        using Tensor y = device.Allocate(TensorShape.Vector(1, 3));
        Tensor gone = device.Allocate(TensorShape.Vector(1, 3));
        gone.Dispose();
        gone.Dispose();
        Assert.Throws<ObjectDisposedException>(() => gone.Upload(new float[3]));
        Assert.Throws<ObjectDisposedException>(() => gone.ToArray());
        Assert.Throws<ObjectDisposedException>(() => device.LinearCombination.Copy(gone, y));
    }

    [Fact]
    public void A_disposed_plan_does_not_run()
    {
        using var device = new CpuDevice(1);
        using Tensor y = device.Allocate(TensorShape.Vector(1, 3));
        IPlan plan = device.Record("copy", () => device.LinearCombination.Copy(y, y));
        plan.Dispose();
        Assert.Throws<ObjectDisposedException>(plan.Run);
    }

    [Fact]
    public void A_plan_of_nothing_is_refused()
    {
        using var device = new CpuDevice(1);
        Assert.Throws<InvalidOperationException>(() => device.Record("nothing", () => { }));
    }
}
