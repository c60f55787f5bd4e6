using DdmNative.Attribution.Metrics;
using Xunit;

namespace DdmNative.Attribution.Tests.Metrics;

public sealed class GroupRankingTests
{
    [Fact]
    public void What_lowers_a_loss_or_raises_anything_else_helps()
    {
        Assert.Equal([2, 0, 1], GroupRanking.MostHelpfulFirst([-1, 3, -2], lowerIsBetter: true));
        Assert.Equal([1, 0, 2], GroupRanking.MostHelpfulFirst([-1, 3, -2], lowerIsBetter: false));
        Assert.Equal([1, 0, 2], GroupRanking.MostHarmfulFirst([-1, 3, -2], lowerIsBetter: true));
    }

    [Fact]
    public void Equal_effects_keep_the_groups_order_from_either_end()
    {
        Assert.Equal([1, 0, 2, 3], GroupRanking.MostHelpfulFirst([0, -1, 0, 0], lowerIsBetter: true));
        Assert.Equal([0, 2, 3, 1], GroupRanking.MostHarmfulFirst([0, -1, 0, 0], lowerIsBetter: true));
    }

    [Fact]
    public void An_effect_that_is_not_a_number_has_no_place()
        => Assert.Contains("group 1", Assert.Throws<ArgumentException>(() => GroupRanking.MostHelpfulFirst([0, double.NaN], true)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void The_top_is_rounded_and_is_never_nothing_nor_everything()
    {
        int[] ranking = [4, 2, 0, 3, 1];
        Assert.Equal([4], GroupRanking.Top(ranking, 1));
        Assert.Equal([2, 4], GroupRanking.Top(ranking, 30)); // 1.5 of five
        Assert.Equal([0, 2, 3, 4], GroupRanking.Top(ranking, 99));
        Assert.Throws<ArgumentOutOfRangeException>(() => GroupRanking.Top([0, 1], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => GroupRanking.Top([0, 1], 100));
        Assert.Throws<ArgumentOutOfRangeException>(() => GroupRanking.Top([0, 1], double.NaN));
        Assert.Throws<ArgumentException>(() => GroupRanking.Top([0], 50));
    }

    [Fact]
    public void Random_rankings_are_the_seeds()
    {
        Assert.Equal(GroupRanking.Random(9, 3), GroupRanking.Random(9, 3));
        Assert.NotEqual(GroupRanking.Random(9, 3), GroupRanking.Random(9, 4));
        Assert.NotEqual(GroupRanking.Random(9, 3), GroupRanking.Random(9, 3, draw: 1));
        Assert.Equal(Enumerable.Range(0, 9), GroupRanking.Random(9, 3).Order());
    }
}
