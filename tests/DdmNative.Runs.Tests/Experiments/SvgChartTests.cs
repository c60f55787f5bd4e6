using System.Xml.Linq;
using DdmNative.Runs.Reports;
using Xunit;

namespace DdmNative.Runs.Tests.Experiments;

public sealed class SvgChartTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Points_lie_where_their_figures_say()
    {
        var chart = XDocument.Parse(
            SvgChart.Lines("a < b & c", "x", "y",
            [new ChartSeries("one", [(0, 0), (5, 1), (10, 4)]), new ChartSeries("gap", [(0, 1), (5, double.NaN), (10, 3)])]));

        double[] x = Of(chart, "circle", "cx"), y = Of(chart, "circle", "cy");
        Assert.Equal(5, x.Length);
        Assert.Equal(x[2] - x[1], x[1] - x[0], 1);
        Assert.Equal(3 * (y[0] - y[1]), y[1] - y[2], 1);
        Assert.Equal(x[2], x[4], 1);
        Assert.Equal(2, chart.Descendants(Svg + "polyline").Count());
        Assert.Contains(chart.Descendants(Svg + "text"), text => text.Value == "a < b & c");
    }

    [Fact]
    public void Bars_stand_on_zero_and_hang_below_it()
    {
        var chart = XDocument.Parse(SvgChart.Bars("title", "y", ["a", "b"], [("one", [1, -0.5]), ("two", [double.NaN, 2])]));

        XElement[] bars = [.. chart.Descendants(Svg + "rect").Where(bar => bar.Element(Svg + "title") is not null)];
        Assert.Equal(3, bars.Length);
        double[] top = [.. bars.Select(bar => (double)bar.Attribute("y")!)],
            height = [.. bars.Select(bar => (double)bar.Attribute("height")!)];
        Assert.Equal(2 * height[1], height[0], 1);
        Assert.Equal(4 * height[1], height[2], 1);
        Assert.Equal(top[0] + height[0], top[1], 1);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-3e-9, 5e-9)]
    [InlineData(1e6, 1.00001e6)]
    [InlineData(-0.3, 1)]
    public void Whatever_the_figures_points_stay_inside(double least, double most)
    {
        var chart = XDocument.Parse(SvgChart.Lines("t", "x", "y", [new ChartSeries("s", [(least, least), (most, most)])]));

        Assert.All(Of(chart, "circle", "cx"), x => Assert.InRange(x, 69.9, 570.1));
        Assert.All(Of(chart, "circle", "cy"), y => Assert.InRange(y, 47.9, 360.1));
    }

    [Fact]
    public void Nothing_to_draw_is_an_empty_chart()
    => Assert.Empty(XDocument.Parse(SvgChart.Lines("t", "x", "y", [])).Descendants(Svg + "circle"));

    private static double[] Of(XDocument chart, string element, string attribute)
        => [.. chart.Descendants(Svg + element).Select(found => (double)found.Attribute(attribute)!)];
}
