using Xunit;
using Xunit.Abstractions;

namespace DdmNative.Attribution.Tests.Networks;

/// <summary>‖found − expected‖/‖expected‖, printed and bounded; NaN and an expectation of nothing but zeros never pass.</summary>
internal sealed class Closeness(ITestOutputHelper output, double bound = 1e-4)
{
    public void Check(string what, IReadOnlyList<float> found, IReadOnlyList<double> expected)
        => Check(what, [.. found.Select(value => (double)value)], expected);

    public void Check(string what, IReadOnlyList<double> found, IReadOnlyList<double> expected)
    {
        Assert.Equal(expected.Count, found.Count);
        double norm = Math.Sqrt(expected.Sum(value => value * value));
        Assert.True(norm > 1e-7, $"{what}: the expected values are all zero, which would prove nothing.");
        double error = Math.Sqrt(found.Zip(expected, (a, b) => (a - b) * (a - b)).Sum()) / norm;
        output.WriteLine($"{what}: relative error {error:E1}");
        Assert.True(error < bound, $"{what}: relative error {error:E2}, expected below {bound:E0}.");
    }
}
