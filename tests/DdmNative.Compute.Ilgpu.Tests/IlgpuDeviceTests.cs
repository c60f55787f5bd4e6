using DdmNative.Compute.Ilgpu.Products;
using Xunit;

namespace DdmNative.Compute.Ilgpu.Tests;

/// <summary>What the conformance suite does not test: memory, names, and the kernels' divisions.</summary>
public sealed class IlgpuDeviceTests
{
    private static readonly IlgpuFamily Family = new();

    [Fact]
    public void Memory_of_forgotten_tensors_comes_back_whole()
    {
        using Device device = Family.Open("cpu", "fp32");
        for (int round = 0; round < 20; round++)
        {
            Forget(device);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            using Tensor tensor = device.Upload(TensorShape.Vector(1, 1000), Enumerable.Repeat((float)round, 1000).ToArray());
            Assert.All(tensor.ToArray(), value => Assert.Equal(round, value));
        }
    }

    [Fact]
    public void Freed_memory_is_given_out_again_and_filled_with_zeros()
    {
        using var device = (IlgpuDevice)Family.Open("cpu", "fp32");
        using (Tensor first = device.Upload(TensorShape.Vector(1, 300), Enumerable.Repeat(1f, 300).ToArray()))
            Assert.Equal(384, device.Memory.UsedFloats);
        Assert.Equal(0, device.Memory.UsedFloats);
        using Tensor second = device.Allocate(TensorShape.Vector(1, 290));
        Assert.All(second.ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Intermediates_that_are_never_alive_together_share_memory()
    {
        using var device = (IlgpuDevice)Family.Open("cpu", "fp32");
        var shape = TensorShape.Vector(1, 1024);
        using Tensor x = device.Upload(shape, Enumerable.Repeat(1f, 1024).ToArray());
        Tensor[] chain = [.. Enumerable.Range(0, 6).Select(_ => device.AllocateTransient(shape))];
        using Tensor y = device.Allocate(shape);
        long before = device.Memory.UsedFloats;
        using IPlan plan = device.Record("chain", () =>
        {
            Tensor last = x;
            foreach (Tensor next in chain)
            {
                device.LinearCombination.Combine(2, last, 0, last, next);
                last = next;
            }
            device.LinearCombination.Copy(last, y);
        });
        plan.Run();
        Assert.All(y.ToArray(), value => Assert.Equal(64, value));
        Assert.Equal(2 * 1024, device.Memory.UsedFloats - before);
    }

    [Fact]
    public void Every_machine_has_the_cpu_accelerator_and_names_it()
        => Assert.Contains(Family.ListDevices(), listing => listing.Name == "ilgpu:cpu"
            && listing.Description.Contains("simulation", StringComparison.Ordinal));

    [Theory]
    [InlineData("vulkan")]
    [InlineData("cpu:7")]
    [InlineData("cuda:99")]
    public void A_device_that_is_not_there_is_an_error_that_names_those_there_are(string which)
    {
        var e = Assert.Throws<DeviceUnavailableException>(() => Family.Open(which, "fp32"));
        Assert.Contains($"no ilgpu:{which}", e.Message, StringComparison.Ordinal);
        Assert.Contains("ilgpu:cpu", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(784)]
    [InlineData(1_000_003)]
    [InlineData(int.MaxValue)]
    public void A_quotient_by_multiplication_is_the_quotient(int divisor)
    {
        var division = new Divisor(divisor);
        foreach (long near in new long[] { 0, divisor, 2L * divisor, 1000L * divisor, int.MaxValue / divisor * (long)divisor,
            int.MaxValue })
            for (long p = Math.Max(0, near - 2); p <= Math.Min(int.MaxValue, near + 2); p++)
                Assert.Equal((int)(p / divisor), division.Quotient((int)p));
    }

    [Fact]
    public void Exponentials_and_logarithms_are_right_to_float32()
    {
        for (float x = -87; x <= 0; x += 0.0371f)
            Assert.InRange(ElementaryFunctions.Exp(x) / Math.Exp(x), 1 - 3e-7, 1 + 3e-7);
        Assert.Equal(0, ElementaryFunctions.Exp(-1000));
        for (float s = 1e-12f; s < 1e4; s *= 1.37f)
            Assert.InRange(ElementaryFunctions.LogOnePlus(s) / LogOnePlus(s), 1 - 3e-7, 1 + 3e-7);
        Assert.Equal(0, ElementaryFunctions.LogOnePlus(0));
    }

    /// <summary>In double precision; by its series if 1 + s would round.</summary>
    private static double LogOnePlus(double s) => s < 1e-4 ? s - s * s / 2 + s * s * s / 3 : Math.Log(1 + s);

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void Forget(Device device)
    {
        for (int i = 0; i < 5; i++)
            device.Upload(TensorShape.Vector(1, 1000), new float[1000]);
    }
}
