using DdmNative.Attribution.Metrics;
using Xunit;

namespace DdmNative.Attribution.Tests.Metrics;

public sealed class CorrelationTests
{
    [Fact]
    public void Pearson_is_the_cosine_of_the_deviations()
    {
        // Deviations (−2, −1, 3) and (−1, −1, 2): 9 / √(14·6).
        Assert.Equal(9 / Math.Sqrt(84), Correlation.Pearson([1, 2, 6], [5, 5, 8]), 1e-12);
        Assert.Equal(-1, Correlation.Pearson([1, 2, 3], [9, 7, 5]), 1e-12);
    }

    [Fact]
    public void Spearman_sees_order_alone_and_shares_the_ranks_of_equals()
    {
        Assert.Equal(1, Correlation.Spearman([1, 2, 3, 4], [0, 1, 100, 1e6]), 1e-12);
        Assert.Equal([1.5, 4, 1.5, 3], Correlation.Ranks([2, 9, 2, 5]));
        // Ranks (1, 2, 3) and (1, 2.5, 2.5): 1.5 / √(2·1.5).
        Assert.Equal(1.5 / Math.Sqrt(3), Correlation.Spearman([1, 2, 3], [0, 7, 7]), 1e-12);
    }

    [Fact]
    public void The_slope_is_that_of_least_squares()
    {
        Assert.Equal(17.0 / 14, Correlation.SlopeThroughOrigin([1, 2, 3], [2, 3, 3]), 1e-12);
    }

    [Fact]
    public void A_list_that_does_not_vary_or_is_not_numbers_has_no_correlation()
    {
        Assert.Equal(double.NaN, Correlation.Pearson([0.1, 0.1, 0.1], [1, 2, 3]));
        Assert.Equal(double.NaN, Correlation.Pearson([1, 2, 3], [0, 0, 0]));
        Assert.Equal(double.NaN, Correlation.Pearson([1, 2, double.NaN], [1, 2, 3]));
        Assert.Equal(double.NaN, Correlation.Spearman([1, 2, double.NaN], [1, 2, 3]));
        Assert.Equal(double.NaN, Correlation.Spearman([4, 4, 4], [1, 2, 3]));
        Assert.Equal(double.NaN, Correlation.SlopeThroughOrigin([0, 0], [1, 2]));
        Assert.Equal(double.NaN, Correlation.Pearson([], []));
    }

    [Fact]
    public void Tiny_effects_correlate_as_large_ones_do()
        => Assert.Equal(9 / Math.Sqrt(84), Correlation.Pearson([1e-200, 2e-200, 6e-200], [5e150, 5e150, 8e150]), 1e-12);

    [Fact]
    public void Lists_of_different_lengths_are_refused() => Assert.Throws<ArgumentException>(() => Correlation.Pearson([1, 2], [1, 2, 3]));
}
