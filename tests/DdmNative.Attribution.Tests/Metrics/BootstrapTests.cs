using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Metrics;
using Xunit;

namespace DdmNative.Attribution.Tests.Metrics;

public sealed class BootstrapTests
{
    [Fact]
    public void The_interval_of_many_values_is_that_of_the_normal_distribution()
    {
        var random = new SeededOrder(2);
        double[] values = [.. Enumerable.Range(0, 400).Select(_ => random.NextUnit())];
        double mean = values.Average();
        double error = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)) / values.Length);

        (double low, double high) = Bootstrap.OfMean(values, seed: 5);

        Assert.Equal(mean - 1.96 * error, low, 0.2 * error);
        Assert.Equal(mean + 1.96 * error, high, 0.2 * error);
    }

    [Fact]
    public void The_seed_decides_it_and_fewer_than_two_values_have_none()
    {
        double[] values = [0.1, 0.4, 0.2, 0.9, 0.5];
        Assert.Equal(Bootstrap.OfMean(values, seed: 1), Bootstrap.OfMean(values, seed: 1));
        Assert.NotEqual(Bootstrap.OfMean(values, seed: 1), Bootstrap.OfMean(values, seed: 2));
        Assert.Equal((double.NaN, double.NaN), Bootstrap.OfMean([0.3], seed: 1));
        Assert.Equal((0.5, 0.5), Bootstrap.OfMean([0.5, 0.5], seed: 1));
    }
}
