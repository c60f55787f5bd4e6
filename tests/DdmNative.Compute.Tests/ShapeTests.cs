using DdmNative.Compute.Contracts;
using Xunit;

namespace DdmNative.Compute.Tests;

public sealed class ShapeTests
{
    [Theory]
    [InlineData(0, 1, 1, 1, 1)]
    [InlineData(1, 0, 1, 1, 1)]
    [InlineData(1, 1, 0, 1, 1)]
    [InlineData(1, 1, 1, 0, 1)]
    [InlineData(1, 1, 1, 1, -1)]
    public void Extents_below_one_are_refused(int members, int samples, int channels, int height, int width)
        => Assert.Throws<ArgumentOutOfRangeException>(() => new TensorShape(members, samples, channels, height, width));

    [Fact]
    public void Lengths_of_large_tensors_do_not_overflow()
    {
        var shape = new TensorShape(100, 10_000, 128, 28, 28);
        Assert.Equal(100_352, shape.SampleLength);
        Assert.Equal(1_003_520_000L, shape.MemberLength);
        Assert.Equal(100_352_000_000L, shape.Length);
        Assert.Equal("[100, 10000, 128, 28, 28]", shape.ToString());
        Assert.Equal(new TensorShape(100, 10_000, 100_352), shape.Flattened());
    }

    [Theory]
    [InlineData(1, 1, 5, 5, 3, 3)]
    [InlineData(1, 1, 5, 5, 3, -1)]
    [InlineData(1, 1, 2, 5, 3, 0)]
    [InlineData(1, 1, 5, 2, 5, 1)]
    [InlineData(0, 1, 5, 5, 3, 1)]
    [InlineData(1, 0, 5, 5, 3, 1)]
    [InlineData(1, 1, 5, 5, 0, 0)]
    public void Convolutions_that_cannot_be_are_refused(int inputs, int outputs, int height, int width, int kernelSize, int padding)
        => Assert.Throws<ArgumentOutOfRangeException>(() => new ConvolutionShape(inputs, outputs, height, width, kernelSize, padding));

    [Fact]
    public void A_stride_below_one_is_refused()
        => Assert.Throws<ArgumentOutOfRangeException>(() => new ConvolutionShape(1, 1, 5, 5, 3, 1, stride: 0));

    /// <summary>The extents that torch.nn.Conv2d gives.</summary>
    [Theory]
    [InlineData(32, 32, 3, 1, 2, 16, 16)]
    [InlineData(224, 223, 7, 3, 2, 112, 112)]
    [InlineData(63, 64, 11, 2, 4, 15, 15)]
    [InlineData(5, 6, 1, 0, 3, 2, 2)]
    [InlineData(1, 2, 3, 1, 5, 1, 1)]
    public void A_stride_rounds_the_outputs_extents_down(int height, int width, int kernelSize, int padding, int stride, int rows,
        int columns)
    {
        var shape = new ConvolutionShape(2, 3, height, width, kernelSize, padding, stride);
        Assert.Equal((rows, columns), (shape.OutputHeight, shape.OutputWidth));
    }

    [Theory]
    [InlineData(28, 28, 3, 1, 28, 28)]
    [InlineData(28, 20, 5, 0, 24, 16)]
    [InlineData(1, 1, 5, 4, 5, 5)]
    public void Output_extents_are_input_plus_padding_minus_kernel_plus_one(int height, int width, int kernelSize, int padding, int rows,
    int columns)
    {
        var shape = new ConvolutionShape(2, 3, height, width, kernelSize, padding);
        Assert.Equal((rows, columns), (shape.OutputHeight, shape.OutputWidth));
        Assert.Equal(rows * columns * 6L * kernelSize * kernelSize, shape.MultiplyAdds);
    }

    [Fact]
    public void A_pool_with_no_whole_window_is_refused()
        => Assert.Throws<ArgumentOutOfRangeException>(() => ReluAvgPool.Pooled(3, new TensorShape(1, 1, 1, 2, 5)));

    [Theory]
    [InlineData(0, 2, 1, 0)]
    [InlineData(2, 0, 1, 0)]
    [InlineData(2, 2, 0, 0)]
    [InlineData(2, 2, 1, -1)]
    [InlineData(5, 3, 1, 2)]
    public void Pools_that_cannot_be_are_refused(int windowHeight, int windowWidth, int stride, int padding)
        => Assert.Throws<ArgumentOutOfRangeException>(() => new PoolingShape(windowHeight, windowWidth, stride, padding));

    [Theory]
    [InlineData(2, 2, 2, 0, 3, 5)]
    [InlineData(3, 3, 2, 1, 4, 5)]
    [InlineData(7, 10, 1, 0, 1, 1)]
    [InlineData(2, 3, 4, 1, 2, 3)]
    [InlineData(1, 1, 9, 0, 1, 2)]
    public void Pooled_extents_count_the_whole_windows(int windowHeight, int windowWidth, int stride, int padding, int rows, int columns)
        => Assert.Equal(
            new TensorShape(2, 3, 4, rows, columns),
            new PoolingShape(windowHeight, windowWidth, stride, padding).Pooled(new TensorShape(2, 3, 4, 7, 10)));

    [Fact]
    public void Windows_larger_than_the_padded_image_are_refused()
        => Assert.Throws<ArgumentOutOfRangeException>(() => new PoolingShape(3, 1).Pooled(new TensorShape(1, 1, 1, 2, 5)));
}
