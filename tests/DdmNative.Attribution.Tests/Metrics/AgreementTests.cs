using DdmNative.Attribution.Metrics;
using Xunit;

namespace DdmNative.Attribution.Tests.Metrics;

public sealed class AgreementTests
{
    [Fact]
    public void It_is_both_correlations_and_the_slope()
    {
        var found = Agreement.Of([1, 2, 3], [2, 3, 3]);
        Assert.Equal(Math.Sqrt(0.75), found.Pearson, 1e-12);
        Assert.Equal(Math.Sqrt(0.75), found.Spearman, 1e-12);
        Assert.Equal(17.0 / 14, found.Slope, 1e-12);
    }

    [Fact]
    public void The_ceiling_is_each_repetition_against_the_mean_of_the_others()
    {
        double[][] repetitions = [[1, 2, 6], [5, 5, 8], [0, 3, 1]];
        double expected = (Correlation.Pearson(repetitions[0], [2.5, 4, 4.5]) + Correlation.Pearson(repetitions[1], [0.5, 2.5, 3.5])
            + Correlation.Pearson(repetitions[2], [3, 3.5, 7])) / 3;
        Assert.Equal(expected, Agreement.Ceiling(repetitions).Pearson, 1e-12);
        Assert.Contains("two repetitions", Assert.Throws<ArgumentException>(() => Agreement.Ceiling([[1, 2]])).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Agreement.Ceiling([[1, 2], [1, 2, 3]]));
    }

    [Fact]
    public void A_list_that_does_not_vary_agrees_with_nothing_and_says_so_in_the_mean()
    {
        var constant = Agreement.Of([0, 0, 0], [1, 2, 3]);
        Assert.Equal(new Agreement(double.NaN, double.NaN, double.NaN), constant);
        Assert.Equal(double.NaN, Agreement.Mean([constant, Agreement.Of([1, 2], [1, 2])]).Pearson);
        Assert.Throws<ArgumentException>(() => Agreement.Mean([]));
    }
}
