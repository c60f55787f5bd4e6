using DdmNative.Compute.Contracts;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

/// <summary>
/// Members with more floats than a kernel supports, on a driver of 256 MiB: intermediates of a plan have a shape and no memory.
/// </summary>
public sealed class KernelLimitTests
{
    // The number of samples at which a member below has 2³¹ floats.
    private const int TooMany = 1 << 11;

    [Theory]
    [InlineData("forward", "convolution, forward: the images of one model need 2,147,483,648 floats")]
    [InlineData("data", "convolution, backward to its images: the cotangents of one model need 2,147,483,648 floats")]
    [InlineData("filter", "convolution, backward to its filters: the images of one model need 2,147,483,648 floats")]
    public void A_convolution_of_too_many_floats_is_refused_by_name(string pass, string expected)
    {
        using var driver = new HostMemoryDriver();
        using var device = new CudaDevice(driver, 0, Precision.Fp32, ptx: [0]);
        var shape = new ConvolutionShape(16, 16, 256, 256, 3, 1);
        using Tensor filter = device.Allocate(TensorShape.Vector(1, 16 * 16 * 9)), bias = device.Allocate(TensorShape.Vector(1, 16));

        void Record(int samples)
        {
            using Tensor first = device.AllocateTransient(new TensorShape(1, samples, 16, 256, 256));
            using Tensor second = device.AllocateTransient(new TensorShape(1, samples, 16, 256, 256));
            device.Record("too large", () =>
            {
                if (pass == "forward")
                    device.Convolution.Forward(shape, first, filter.AsSlice(), bias.AsSlice(), second);
                else if (pass == "data")
                    device.Convolution.BackwardData(shape, first, filter.AsSlice(), second);
                else
                    device.Convolution.BackwardFilter(shape, first, second, filter.AsSlice(), bias.AsSlice());
            }).Dispose();
        }

        string message = Assert.Throws<TensorTooLargeException>(() => Record(TooMany)).Message;
        Assert.StartsWith(expected, message, StringComparison.Ordinal);
        Assert.EndsWith("support at most 2,147,418,112. Use a smaller batch, or --device cpu.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_matrix_product_of_too_many_floats_is_refused_by_name()
    {
        using var driver = new HostMemoryDriver();
        using var device = new CudaDevice(driver, 0, Precision.Fp32, ptx: [0]);
        using Tensor weight = device.Allocate(TensorShape.Vector(1, 1 << 20)), bias = device.Allocate(TensorShape.Vector(1, 1));
        using Tensor x = device.AllocateTransient(new TensorShape(1, TooMany, 1 << 20)),
            y = device.AllocateTransient(new TensorShape(1, TooMany, 1));

        string message = Assert.Throws<TensorTooLargeException>(
            () => device.Record("too large", () => device.MatrixProduct.Forward(x, weight.AsSlice(), bias.AsSlice(), y))).Message;

        Assert.StartsWith("matrix product, forward: the inputs of one model need 2,147,483,648 floats",
            message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pool_of_too_many_floats_is_refused_by_name()
    {
        using var driver = new HostMemoryDriver();
        using var device = new CudaDevice(driver, 0, Precision.Fp32, ptx: [0]);
        using Tensor x = device.AllocateTransient(new TensorShape(1, TooMany, 64, 256, 256));
        using Tensor y = device.AllocateTransient(new TensorShape(1, TooMany, 64, 128, 128));

        string message = Assert.Throws<TensorTooLargeException>(
            () => device.Record("too large", () => device.ReluAvgPool.Forward(2, x, y))).Message;

        Assert.StartsWith("ReLU and pool, forward: the pooled images of one model need 2,147,483,648 floats",
            message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_kernels_can_count_is_let_through()
    {
        Assert.Equal(int.MaxValue - 65535, KernelLimits.Require("an operation", "an operand", KernelLimits.MostFloats));
        Assert.Throws<TensorTooLargeException>(() => KernelLimits.Require("an operation", "an operand", KernelLimits.MostFloats + 1));
    }
}
