using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Networks;
using Xunit;

namespace DdmNative.Attribution.Tests.DepthDial;

public sealed class DepthTests
{
    private static readonly Network ConvNet = Network.Create(
        NetworkOptions.ConvNet(new ImageShape(1, 16, 16), classes: 3, width: 4, depth: 3));

    [Theory]
    [InlineData("head")]
    [InlineData("block:1")]
    [InlineData("block:12")]
    [InlineData("all")]
    public void A_depth_reads_back_as_itself(string text) => Assert.Equal(text, Depth.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("block")]
    [InlineData("block:0")]
    [InlineData("block:-1")]
    [InlineData("block:x")]
    [InlineData("Head")]
    public void Text_that_is_no_depth_is_refused(string text) => Assert.Throws<FormatException>(() => Depth.Parse(text));

    [Fact]
    public void The_head_starts_above_the_blocks_and_everything_starts_at_the_bottom()
    {
        Assert.Equal(ConvNet.HeadStart, Depth.Head.FirstLayer(ConvNet));
        Assert.Equal(ConvNet.BlockStart(2), Depth.Blocks(2).FirstLayer(ConvNet));
        Assert.Equal(0, Depth.All.FirstLayer(ConvNet));
        Assert.Equal(0, Depth.Blocks(3).FirstLayer(ConvNet));
        Assert.Throws<ArgumentOutOfRangeException>(() => Depth.Blocks(4).FirstLayer(ConvNet));
    }
}
