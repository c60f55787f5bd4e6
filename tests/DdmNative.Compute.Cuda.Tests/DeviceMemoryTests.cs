using DdmNative.Compute.Cuda.Memory;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

public sealed class DeviceMemoryTests
{
    [Fact]
    public void Freed_memory_serves_the_next_request_of_its_class_without_the_driver()
    {
        using var driver = new HostMemoryDriver();
        using var memory = new DeviceMemory(driver, "cuda:0", caching: true);
        DeviceBlock first = memory.Allocate(1000);
        memory.Free(first);

        DeviceBlock second = memory.Allocate(900);

        Assert.Equal(first, second);
        Assert.Equal(1, driver.AllocateCalls);
        Assert.Equal(1024, memory.HighWaterBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(513)]
    [InlineData((1 << 20) + 1)]
    [InlineData((5 << 20) + 12345)]
    public void A_block_holds_what_was_asked_for_and_wastes_an_eighth_at_most(long bytes)
    {
        using var driver = new HostMemoryDriver();
        using var memory = new DeviceMemory(driver, "cuda:0", caching: true);

        DeviceBlock block = memory.Allocate(bytes);

        Assert.InRange(block.Bytes, bytes, Math.Max(bytes + 511, bytes + bytes / 8 + 1));
        Assert.Equal(block.Bytes, driver.AllocatedBytes);
    }

    [Fact]
    public void A_full_device_gets_the_cache_back_before_anyone_is_refused()
    {
        using var driver = new HostMemoryDriver(memoryBytes: 1 << 20);
        using var memory = new DeviceMemory(driver, "cuda:0", caching: true);
        memory.Free(memory.Allocate(700 << 10));

        DeviceBlock block = memory.Allocate(600 << 10);

        Assert.Equal(block.Bytes, driver.AllocatedBytes);
    }

    [Fact]
    public void Running_out_says_how_much_was_asked_how_much_is_free_and_what_lowers_it()
    {
        using var driver = new HostMemoryDriver(memoryBytes: 4 << 20);
        using var memory = new DeviceMemory(driver, "cuda:3", caching: true);
        memory.Allocate(1 << 20);

        var e = Assert.Throws<OutOfDeviceMemoryException>(() => memory.Allocate(8 << 20));

        Assert.Equal(8 << 20, e.RequestedBytes);
        Assert.Contains(
            "cuda:3 cannot allocate another 8.0 MiB (1.0 MiB in use by this run, 3.0 of 4.0 MiB free)", e.Message,
            StringComparison.Ordinal);
        Assert.Contains("--wave", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_caching_every_block_is_an_allocation_of_its_exact_size()
    {
        using var driver = new HostMemoryDriver();
        using var memory = new DeviceMemory(driver, "cuda:0", caching: false);

        DeviceBlock block = memory.Allocate(1001);

        Assert.Equal(1001, driver.AllocatedBytes);
        memory.Free(block);
        Assert.Equal(0, driver.AllocatedBytes);
    }
}
