using DdmNative.Compute.Cuda.Products;
using DdmNative.Compute.Tests.Conformance;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

/// <summary>
/// build/test.sh runs the TF32 precisions on a part of the shapes, which must launch every kernel that all shapes launch.
/// </summary>
public sealed class ShapeSampleTests
{
    /// <summary>DDMTEST_SHAPES of the TF32 precisions in build/test.sh.</summary>
    private const int Every = 4;

    [Fact]
    public void The_sampled_shapes_take_every_tile_of_convolutions()
    {
        Assert.Equal(
            Tiles(Cases.Convolutions, c => ProductTile.ForImages(c.Samples * OutputPixels(c), c.OutputChannels)),
            Tiles(Cases.Sample(Cases.Convolutions, Every), c => ProductTile.ForImages(c.Samples * OutputPixels(c), c.OutputChannels)));
        Assert.Equal(
            Tiles(Cases.Convolutions, c => ProductTile.ForImages(c.Samples * c.Height * c.Width, c.InputChannels)),
            Tiles(Cases.Sample(Cases.Convolutions, Every), c => ProductTile.ForImages(c.Samples * c.Height * c.Width, c.InputChannels)));
        Assert.Equal(
            Tiles(Cases.Convolutions, c => ProductTile.ForParameters(c.OutputChannels, Taps(c))),
            Tiles(Cases.Sample(Cases.Convolutions, Every), c => ProductTile.ForParameters(c.OutputChannels, Taps(c))));
    }

    [Fact]
    public void The_sampled_shapes_take_every_tile_of_matrix_products()
    {
        Assert.Equal(
            Tiles(Cases.Matrices, c => ProductTile.ForSamples(c.Samples, c.Outputs)),
            Tiles(Cases.Sample(Cases.Matrices, Every), c => ProductTile.ForSamples(c.Samples, c.Outputs)));
        Assert.Equal(
            Tiles(Cases.Matrices, c => ProductTile.ForSamples(c.Samples, c.Inputs)),
            Tiles(Cases.Sample(Cases.Matrices, Every), c => ProductTile.ForSamples(c.Samples, c.Inputs)));
        Assert.Equal(
            Tiles(Cases.Matrices, c => ProductTile.ForParameters(c.Outputs, c.Inputs)),
            Tiles(Cases.Sample(Cases.Matrices, Every), c => ProductTile.ForParameters(c.Outputs, c.Inputs)));
    }

    private static int OutputPixels(ConvolutionCase c)
        => (c.Height + 2 * c.Padding - c.KernelSize + 1) * (c.Width + 2 * c.Padding - c.KernelSize + 1);

    private static int Taps(ConvolutionCase c) => c.InputChannels * c.KernelSize * c.KernelSize;

    /// <summary>The tiles that the cases take, each once, in the order of their text.</summary>
    private static string[] Tiles<T>(TheoryData<T> cases, Func<T, ProductTile> tileOf)
        => [.. ((IEnumerable<object[]>)cases).Select(line => tileOf((T)line[0]).ToString()).Distinct().Order(StringComparer.Ordinal)];
}
