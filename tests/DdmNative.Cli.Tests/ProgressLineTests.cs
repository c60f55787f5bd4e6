using DdmNative.Cli.Output;
using Xunit;

namespace DdmNative.Cli.Tests;

public sealed class ProgressLineTests
{
    [Fact]
    public void A_wide_line_has_title_bar_share_count_rate_and_time_left()
    {
        ProgressLine line = ProgressLine.Fit("train the target", 126, 504, "steps", 61.25, 2, 100);

        Assert.Equal(new ProgressLine("train the target", 24, 6, "25%  126/504 steps  61.3/s  6.2 s left"), line);
    }

    [Theory]
    [InlineData(80, "25%  126/504 steps  61.3/s  6.2 s left", 24)]
    [InlineData(64, "25%  126/504 steps  61.3/s  6.2 s left", 8)]
    [InlineData(63, "25%  126/504 steps  6.2 s left", 15)]
    [InlineData(50, "25%  6.2 s left", 17)]
    [InlineData(38, "25%  6.2 s left", 0)]
    [InlineData(24, "25%  6.2 s left", 0)]
    public void A_narrower_line_loses_the_rate_then_the_count_then_the_bar(int width, string text, int bar)
    {
        ProgressLine line = ProgressLine.Fit("train the target", 126, 504, "steps", 61.25, 2, width);

        Assert.Equal((text.Length <= width - 13 ? text : line.Text, bar), (line.Text, line.Bar));
    }

    [Fact]
    public void No_line_is_wider_than_there_is_room_whatever_it_says()
    {
        for (int seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            int width = random.Next(1, 160);
            double total = random.Next(3) == 0 ? 0 : random.NextDouble() * Math.Pow(10, random.Next(8));
            string title = new('t', random.Next(80));
            ProgressLine line = ProgressLine.Fit(title, random.NextDouble() * total, total, "models", random.Next(3) == 0
                ? 0 : random.NextDouble() * 1e4, random.NextDouble() * 1e5, width);
            int length = line.Title.Length + 1 + line.Bar + (line.Bar > 0 ? 1 : 0) + line.Text.Length;
            Assert.True(length <= width + 1, $"seed {seed}: {length} letters in {width}: {line}");
            Assert.InRange(line.Filled, 0, line.Bar);
        }
    }

    [Fact]
    public void A_stage_that_counts_nothing_shows_how_long_it_has_been_at_it()
        => Assert.Equal(new ProgressLine("cluster every class", 0, 0, "1:23 min"),
            ProgressLine.Fit("cluster every class", 0, 0, "", 0, 83, 60));
}
