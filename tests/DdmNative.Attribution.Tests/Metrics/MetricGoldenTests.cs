using System.Globalization;
using System.Runtime.CompilerServices;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Metrics;
using Xunit;

namespace DdmNative.Attribution.Tests.Metrics;

/// <summary>Against <c>tests/golden/metrics.py</c>, which counts every pair and tries every threshold.</summary>
public sealed class MetricGoldenTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Metrics_are_what_their_definitions_say(int which)
    {
        NpzContents file = Npz.Read(Path.Combine(Folder(), "metrics.npz"));
        string i = which.ToString(CultureInfo.InvariantCulture);
        double[] scores = file.Elements<double>("scores_" + i), other = file.Elements<double>("other_" + i);
        bool[] marked = [.. file.Elements<int>("marked_" + i).Select(m => m == 1)];
        double[] expected = file.Elements<double>("figures")[(4 * which)..(4 * which + 4)];
        Assert.Equal(expected[0], Detection.Auroc(scores, marked), 1e-12);
        Assert.Equal(expected[1], Detection.AveragePrecision(scores, marked), 1e-12);
        Assert.Equal(expected[2], Correlation.Spearman(scores, other), 1e-12);
        Assert.Equal(expected[3], Correlation.SlopeThroughOrigin(scores, other), 1e-12);
    }

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "golden");
}
