using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using Xunit;

namespace DdmNative.Attribution.Tests.Evaluation;

public sealed class LdsScoreTests
{
    private static readonly Objective[] Objectives =
    [
        new(ObjectiveKind.Loss), new(ObjectiveKind.Loss, 0), new(ObjectiveKind.Loss, 1),
        .. Enumerable.Range(0, 8).Select(BrittlenessMetric.MarginOf),
    ];

    [Theory]
    [InlineData(0.99)]
    [InlineData(0.9)]
    [InlineData(0.5)]
    [InlineData(0.1)]
    public void A_model_that_is_additive_in_its_samples_is_foretold_perfectly_and_its_mirror_image_worst(double keep)
    {
        const int Samples = 200;
        var setting = new SubsetSetting(SubsetSetting.Samples, keep);
        IReadOnlyList<int[]> removed = setting.Draw(Samples, 40, seed: 3);
        var random = new SeededOrder(7);
        double[][] effects = [.. Objectives.Select(_ => Enumerable.Range(0, Samples).Select(_ => random.NextUnit() - 0.5).ToArray())];

        Assert.All(removed, subset => Assert.Equal(Math.Round((1 - keep) * Samples), subset.Length));
        Assert.Equal(new LdsScore("exact", "samples", keep, 1, 1, 1, 1, 1), Scored("exact", 1));
        Assert.Equal(new LdsScore("mirrored", "samples", keep, -1, -1, -1, -1, -1), Scored("mirrored", -1));

        LdsScore Scored(string method, double factor)
        {
            double[] scores = [.. effects.Select(row => LinearDatamodelingScore.Compute(
                Array.ConvertAll(row, effect => factor * effect), removed, [.. removed.Select(subset => -subset.Sum(n => row[n]))]))];
            var score = LdsScore.Of(method, setting, Objectives, scores, seed: 1);
            return score with
            {
                Sample = Rounded(score.Sample), SampleLow = Rounded(score.SampleLow), SampleHigh = Rounded(score.SampleHigh),
                Class = Rounded(score.Class), Total = Rounded(score.Total),
            };
        }

        static double Rounded(double? value) => Math.Round(value!.Value, 12);
    }

    [Fact]
    public void Means_are_over_the_objectives_of_their_kind_and_leave_out_what_does_not_exist()
    {
        var score = LdsScore.Of("head", new SubsetSetting("groups", 0.5), Objectives,
            [0.25, 0.5, double.NaN, 0.125, 0.375, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN], seed: 1);

        Assert.Equal((0.25, 0.5, 0.25), (score.Total, score.Class, score.Sample));
        Assert.Equal((0.125, 0.375), (score.SampleLow, score.SampleHigh));
        LdsScore none = LdsScore.Of("flat", score.Setting, Objectives, [.. Objectives.Select(_ => double.NaN)], seed: 1);
        Assert.All(none.Figures, figure => Assert.Null(figure));
        Assert.Throws<ArgumentException>(() => LdsScore.Of("few", score.Setting, Objectives, [1], seed: 1));
    }

    [Fact]
    public void Only_halves_of_the_groups_have_the_figures_names_alone()
    {
        Assert.Equal("lds_total", new SubsetSetting("groups", 0.5).NameOf("lds_total"));
        Assert.Equal("lds_total_groups_0.9", new SubsetSetting("groups", 0.9).NameOf("lds_total"));
        Assert.Equal("lds_total_samples_0.5", new SubsetSetting("samples", 0.5).NameOf("lds_total"));
    }

    [Fact]
    public void Figures_are_read_back_by_the_settings_names()
    {
        var score = new LdsScore("head", "samples", 0.9, 0.5, 0.4, 0.6, null, -0.1);
        Dictionary<string, double?> stored = LdsScore.Names.Zip(score.Figures)
            .ToDictionary(pair => score.Setting.NameOf(pair.First), pair => pair.Second);

        Assert.Equal(score, LdsScore.Read("head", score.Setting, name => stored.GetValueOrDefault(name)));
        Assert.Null(LdsScore.Read("head", new SubsetSetting("groups", 0.5), name => stored.GetValueOrDefault(name)));
    }

    [Fact]
    public void Halves_of_groups_are_drawn_as_ever_and_a_deeper_cut_leaves_out_more()
    {
        Assert.Equal(RandomSubsets.Draw(50, RandomSubsets.Half, 4, 9), new SubsetSetting("groups", 0.5).Draw(50, 4, 9));
        Assert.NotEqual(RandomSubsets.Draw(50, RandomSubsets.Half, 4, 9), new SubsetSetting("samples", 0.5).Draw(50, 4, 9));
        IReadOnlyList<int[]> half = new SubsetSetting("samples", 0.5).Draw(50, 4, 9),
            most = new SubsetSetting("samples", 0.9).Draw(50, 4, 9);
        Assert.All(half.Zip(most), pair => Assert.Subset(pair.First.ToHashSet(), pair.Second.ToHashSet()));
    }
}
