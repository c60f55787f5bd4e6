using DdmNative.Attribution.Datasets;
using Xunit;

namespace DdmNative.Attribution.Tests.Datasets;

public class PixelRangeTests
{
    [Theory]
    [InlineData(0, 1, 0, 1)]
    [InlineData(0.2f, 0.7f, 0, 1)]
    [InlineData(0, 255, 0, 255)]
    [InlineData(3, 201.5f, 0, 255)]
    [InlineData(0, 1e-8f, 0, 1e-8f)]
    [InlineData(-1, 1, -1, 1)]
    [InlineData(-2000, 3000, -2000, 3000)]
    [InlineData(0, 65535, 0, 65535)]
    [InlineData(7, 7, 0, 1)]
    public void Black_and_white_are_those_of_the_data(float least, float greatest, float black, float white)
    {
        var data = new Dataset("toy", [greatest, (least + greatest) / 2, least, greatest], [0], 1, 2, 2, 1);
        Assert.Equal(new PixelRange(black, white), PixelRange.Of(data));
    }

    [Fact]
    public void Pixels_are_brought_to_fractions_of_white()
    {
        float[] pixels = [0, 51, 255];
        new PixelRange(0, 255).ToUnit(pixels);
        Assert.Equal([0, 0.2f, 1], pixels);
    }
}
