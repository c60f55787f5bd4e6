using DdmNative.Runs.Summaries;
using Xunit;

namespace DdmNative.Runs.Tests;

public sealed class ExtremesTests
{
    [Theory]
    [InlineData(1, 0, 1, 0)]
    [InlineData(1, 1, 0, 1)]
    [InlineData(2, 0, 1, 1)]
    [InlineData(3, 1, 2, 1)]
    [InlineData(3, 2, 1, 2)]
    [InlineData(9, 0, 5, 4)]
    [InlineData(10, 10, 5, 5)]
    [InlineData(11, 3, 5, 5)]
    [InlineData(100, 7, 5, 5)]
    [InlineData(0, 0, 0, 0)]
    public void The_two_ends_share_nothing(int count, int harmful, int atOneEnd, int atTheOther)
    {
        int[] order = [.. Enumerable.Range(0, count).Reverse()];

        (int[] helpful, int[] harms) = Extremes.Of(order, 5, one => one < harmful);

        Assert.Equal((atOneEnd, atTheOther), (helpful.Length, harms.Length));
        Assert.Equal(order.Take(helpful.Length), helpful);
        Assert.Equal(Enumerable.Range(0, harms.Length), harms);
        Assert.Empty(helpful.Intersect(harms));
    }
}
