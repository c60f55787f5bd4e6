using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Reports;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>Which single images a report has room for.</summary>
public sealed class ReportSamplesTests
{
    private const int PixelBytes = 4_000_000;

    [Theory]
    [InlineData(3000, 10, 32, 3)]
    [InlineData(3000, 100, 32, 3)]
    [InlineData(2000, 10, 96, 3)]
    [InlineData(9000, 10, 28, 1)]
    public void Of_a_large_data_set_are_the_extremes_of_every_objective_and_some_of_every_group(int images, int classes, int side,
    int channels)
    {
        var random = new Random(1);
        int[] labels = [.. Enumerable.Range(0, images).Select(n => n % classes)];
        var train = new Dataset("many", new float[images * channels * side * side], labels, channels, side, side, classes);
        int[] groupOf = [.. labels.Select(label => 2 * label + random.Next(2))];
        var groups = new GroupTable(groupOf, [.. Enumerable.Range(0, 2 * classes).Select(g => g / 2)],
            [.. Enumerable.Range(0, 2 * classes).Select(g => g % 2)]);
        string[] objectives = ["loss", "accuracy", .. Enumerable.Range(0, classes).Select(c => $"margin:class={c}")];
        double[]?[] rows = [.. objectives.Select(objective => objective == "accuracy"
            ? null : Enumerable.Range(0, images).Select(_ => random.NextDouble() - 0.5).ToArray())];

        var samples = new ReportSamples(train,
            new Normalization([.. Enumerable.Repeat(0.0, channels)], [.. Enumerable.Repeat(1.0, channels)]), PixelRange.Unit, groups,
            new SampleEffects("grad-dot", objectives, rows));

        Assert.Equal(samples.Kept.Distinct().OrderBy(n => labels[n]).ThenBy(n => groupOf[n]).ThenBy(n => n), samples.Kept);
        Assert.InRange((long)samples.Kept.Length * samples.Width * samples.Height * channels, PixelBytes / 2, PixelBytes);
        Assert.Equal(groups.Count, samples.Kept.Select(n => groupOf[n]).Distinct().Count());
        Assert.Empty(samples.MostHelpful[1]);
        Assert.Empty(samples.MostHarmful[1]);
        for (int o = 0; o < objectives.Length; o++)
        {
            if (rows[o] is not double[] row)
                continue;
            // A loss is helped by what lowers it, a margin by what raises it.
            int[] helpful = [.. Enumerable.Range(0, images).OrderBy(n => (o == 0 ? 1 : -1) * row[n])];
            Assert.InRange(samples.MostHelpful[o].Length, 4, 12);
            Assert.Equal(helpful.Take(samples.MostHelpful[o].Length), samples.MostHelpful[o].Select(place => samples.Kept[place]));
            Assert.Equal(helpful.Reverse().Take(samples.MostHarmful[o].Length),
                samples.MostHarmful[o].Select(place => samples.Kept[place]));
        }

        (int From, int Columns, string Picture)[] pictures = [.. samples.Pictures()];
        Assert.Equal(classes, pictures.Length);
        Assert.Equal(0, pictures[0].From);
        Assert.All(pictures.Skip(1),
            picture => Assert.NotEqual(labels[samples.Kept[picture.From - 1]], labels[samples.Kept[picture.From]]));
    }
}
