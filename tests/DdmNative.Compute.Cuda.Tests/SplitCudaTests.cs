using DdmNative.Compute.Split;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

/// <summary>Two CUDA devices of one driver that share an ensemble.</summary>
public sealed class SplitCudaTests : IDisposable
{
    private readonly HostMemoryDriver _driver = new(devices: 2);
    private readonly SplitDevice _device;

    public SplitCudaTests()
        => _device = new SplitDevice(
            [new CudaDevice(_driver, 0, Precision.Fp32, ptx: [0]), new CudaDevice(_driver, 1, Precision.Fp32, ptx: [0])]);

    public void Dispose()
    {
        _device.Dispose();
        _driver.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void What_is_uploaded_is_downloaded(int members)
    {
        float[] values = [.. Enumerable.Range(0, members * 24).Select(i => (float)i)];

        using Tensor tensor = _device.Upload(new TensorShape(members, 2, 3, 2, 2), values);

        Assert.Equal(values, tensor.ToArray());
    }

    [Fact]
    public void Each_device_holds_its_own_members_only()
    {
        using Tensor tensor = _device.Allocate(TensorShape.Vector(4, 1 << 20));

        Assert.All(_device.Devices.Cast<CudaDevice>(), part => Assert.Equal(2L << 22, part.HighWaterBytes));
    }

    [Fact]
    public void The_driver_has_the_right_context_when_a_device_is_called()
    {
        using Tensor tensor = _device.Allocate(TensorShape.Vector(4, 8));

        Assert.Equal(2, _driver.AllocationsByContext.Count(context => context.Value == 1));
    }
}
