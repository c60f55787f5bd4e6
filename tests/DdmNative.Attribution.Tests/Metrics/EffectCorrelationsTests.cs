using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using Xunit;

namespace DdmNative.Attribution.Tests.Metrics;

public sealed class EffectCorrelationsTests
{
    private static readonly string[] Names = ["loss", "loss:class=0", "loss:class=1", "margin"];
    private static readonly int[] ClassOf = [0, 0, 1, 1];

    // Own-class effects: predicted (−1, −2, −5, −7), exact (−2, −3, −4, −9).
    private static readonly AttributionMatrix Predicted = new(Names,
        new double[,] { { 1, 2, 3, 4 }, { -1, -2, 1, 0 }, { 2, 1, -5, -7 }, { 9, 9, 9, 9 } });
    private static readonly AttributionMatrix Exact = new(Names,
        new double[,] { { 1, 3, 2, 4 }, { -2, -3, 1, 1 }, { 3, 2, -4, -9 }, { 1, 0, 0, 0 } });

    [Fact]
    public void Each_figure_is_the_correlation_of_the_pairs_it_names()
    {
        EffectCorrelations found = EffectCorrelations.Compute(Predicted, Exact, ClassOf);
        Assert.Equal(Correlation.Pearson([-1, -2, -5, -7], [-2, -3, -4, -9]), found.Same, 1e-12);
        Assert.Equal(Correlation.Pearson([2, 1, 1, 0], [3, 2, 1, 1]), found.Off, 1e-12);
        Assert.Equal(Correlation.Pearson([-1, 2, -2, 1, 1, -5, 0, -7], [-2, 3, -3, 2, 1, -4, 1, -9]), found.All, 1e-12);
        Assert.Equal(0.8, found.Total, 1e-12);
        // Without class means: (0.5, −0.5, 1, −1) and (0.5, −0.5, 2.5, −2.5): 5.5 / √(2.5·13).
        Assert.Equal(5.5 / Math.Sqrt(2.5 * 13), found.Within, 1e-12);
        Assert.Equal((2.0 + 6 + 20 + 63) / (1 + 4 + 25 + 49), found.Slope, 1e-12);
    }

    [Fact]
    public void A_matrix_predicts_itself_perfectly_at_any_scale()
    {
        EffectCorrelations found = EffectCorrelations.Compute(Exact.Scale(0.25), Exact, ClassOf);
        Assert.All((double[])[found.Same, found.All, found.Off, found.Total, found.Within], r => Assert.Equal(1, r, 1e-12));
        Assert.Equal(4, found.Slope, 1e-12);
    }

    [Fact]
    public void A_group_whose_class_is_not_evaluated_is_refused()
        => Assert.Throws<ArgumentException>(() => EffectCorrelations.Compute(Predicted, Exact, [0, 0, 1, 2]));

    [Fact]
    public void The_ceiling_is_each_seed_against_the_mean_of_the_others()
    {
        AttributionMatrix[] seeds = [Predicted, Exact, Predicted.Scale(2)];
        double expected = (
            EffectCorrelations.Compute(Predicted, AttributionMatrix.Mean([Exact, Predicted.Scale(2)]), ClassOf).Same
            + EffectCorrelations.Compute(Exact, Predicted, ClassOf).Same
            + EffectCorrelations.Compute(Predicted, AttributionMatrix.Mean([Predicted, Exact]), ClassOf).Same) / 3;
        Assert.Equal(expected, NoiseCeiling.Compute(seeds, ClassOf).Same, 1e-12);
        Assert.Throws<ArgumentException>(() => NoiseCeiling.Compute([Exact], ClassOf));
    }

    [Fact]
    public void Calibration_finds_the_factor_from_a_few_groups_and_objectives_in_common()
    {
        AttributionMatrix few = new(["accuracy", "loss:class=0"], new double[,] { { 5, 5 }, { 3, -3 } });
        Calibration calibration = Calibration.Fit(Predicted, few, [2, 0]); // predicted 1, −1
        Assert.Equal(3, calibration.Slope, 1e-12);
        Assert.Equal([-3, -6, 3, 0], calibration.Apply(Predicted).Row("loss:class=0"));
        Assert.Throws<ArgumentException>(() => Calibration.Fit(Predicted, few, [1]));
        Assert.Throws<ArgumentException>(() => Calibration.Fit(Predicted.Scale(0), few, [1, 2]));
        Assert.Throws<ArgumentException>(() => Calibration.Fit(Predicted, new AttributionMatrix(["accuracy"], new double[1, 2]), [1, 2]));
    }

    [Fact]
    public void Group_size_alone_touches_the_own_class_and_the_total()
    {
        AttributionMatrix sizes = GroupSizeBaseline.Compute(new GroupTable([0, 0, 1], [0, 1], [0, 0]), [.. Names.Select(Objective.Parse)]);
        Assert.Equal([-2, -1], sizes.Row("loss"));
        Assert.Equal([-2, 0], sizes.Row("loss:class=0"));
        Assert.Equal([0, -1], sizes.Row("loss:class=1"));
        Assert.Equal([0, 0], sizes.Row("margin"));
    }
}
