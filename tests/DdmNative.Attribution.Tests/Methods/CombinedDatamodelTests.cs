using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Metrics;
using DdmNative.Compute.Contracts;
using Xunit;

namespace DdmNative.Attribution.Tests.Methods;

/// <summary>An additive toy: outcomes are sums of true effects with noise, and methods say the truth, a part of it, or nothing.</summary>
public sealed class CombinedDatamodelTests
{
    private const int Parts = 60, Objectives = 40;

    [Fact]
    public void The_method_that_is_right_gets_all_the_weight_and_noise_next_to_none()
    {
        double[][] truth = Random(1);
        CombinedDatamodel model = Fit([truth, Random(2)], truth, 12);

        Assert.InRange(model.Weights[0], 0.8, 1.1);
        Assert.InRange(model.Weights[1], 0, 0.1);
    }

    [Fact]
    public void Each_of_two_methods_that_know_half_of_the_truth_counts_and_both_together_predict_other_models_better()
    {
        (double[][] one, double[][] other) = (Random(3), Random(4));
        double[][] truth = Sum(one, 1, other, 1);
        CombinedDatamodel model = Fit([one, other, Random(5)], truth, 12);

        Assert.InRange(model.Weights[0] / model.Weights[1], 0.8, 1.25);
        double combined = HeldOut(model.Effects(), truth);
        Assert.True(combined > HeldOut(one, truth) + 0.1, $"{combined}");
        Assert.True(combined > HeldOut(other, truth) + 0.1, $"{combined}");
    }

    [Fact]
    public void A_method_s_own_unit_does_not_matter_and_the_result_has_the_outcomes_unit()
    {
        double[][] truth = Random(6);
        double[][] small = Sum(truth, 1e-3, truth, 0), large = Sum(truth, 70, truth, 0);
        double[] expected = Flat(Fit([small], truth, 12).Effects()), found = Flat(Fit([large], truth, 12).Effects());

        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], found[i], 1e-9);
        Assert.InRange(Correlation.SlopeThroughOrigin(expected, Flat(truth)), 0.8, 1.25);
    }

    [Fact]
    public void Many_models_correct_effects_that_no_method_knows()
    {
        double[][] known = Random(7), truth = Sum(known, 1, Random(8), 0.7);
        double few = HeldOut(Fit([known], truth, 8).Effects(), truth), many = HeldOut(Fit([known], truth, 200).Effects(), truth);

        Assert.True(few > HeldOut(known, truth) - 0.02, $"{few}");
        Assert.True(many > few + 0.05, $"{many} after {few}");
    }

    [Fact]
    public void The_score_of_each_model_by_the_others_is_about_that_on_other_models()
    {
        double[][] truth = Random(9), one = Sum(truth, 1, Random(10), 1);
        IReadOnlyList<int[]> removed = Draw(16, SubsetUse.Auto);
        double[][] outcomes = Outcomes(truth, removed, 1);
        var model = new CombinedDatamodel([one, Random(11)], removed, outcomes);

        var score = SubsetScore.Of(model.PredictEach(), outcomes);

        Assert.InRange(score.Score - HeldOut(model.Effects(), truth), -3 * score.Error, 3 * score.Error);
        Assert.InRange(score.Error, 0.001, 0.2);
    }

    [Fact]
    public void One_method_can_take_the_place_of_all()
    {
        double[][] truth = Random(12);
        CombinedDatamodel model = Fit([Random(13), truth], truth, 12);
        model.Choose(1);

        Assert.Equal(0, model.Weights[0]);
        double[] found = Flat(model.Effects());
        Assert.Equal(1, Correlation.Pearson(found.AsSpan(0, Parts), truth[0]), 1e-9);
    }

    [Fact]
    public void Objectives_that_do_not_vary_and_methods_without_effects_are_no_fault()
    {
        double[][] truth = Random(14), nothing = Sum(truth, 0, truth, 0);
        truth[3] = new double[Parts];
        CombinedDatamodel model = Fit([truth, nothing], truth, 8);

        Assert.All(Flat(model.Effects()), value => Assert.True(double.IsFinite(value)));
        Assert.Equal(0, model.Weights[1]);
    }

    private static CombinedDatamodel Fit(double[][][] methods, double[][] truth, int models)
    {
        IReadOnlyList<int[]> removed = Draw(models, SubsetUse.Auto);
        return new CombinedDatamodel(methods, removed, Outcomes(truth, removed, 1));
    }

    /// <summary>The mean score on 100 models that nothing was fitted on.</summary>
    private static double HeldOut(double[][] effects, double[][] truth)
    {
        IReadOnlyList<int[]> removed = Draw(100, SubsetUse.HalvesOfGroups);
        double[][] outcomes = Outcomes(truth, removed, 2);
        return effects.Select((row, o) => LinearDatamodelingScore.Compute(row, removed, outcomes[o])).Average();
    }

    private static IReadOnlyList<int[]> Draw(int models, SubsetUse use) => RandomSubsets.Draw(Parts, RandomSubsets.Half, models, 1, use);

    /// <summary>[O][M]: sums of the true effects of the kept parts, with noise of a fifth of their spread.</summary>
    private static double[][] Outcomes(double[][] truth, IReadOnlyList<int[]> removed, uint noise)
        => [.. truth.Select((row, o) => LinearDatamodelingScore.Predict(row, removed)
            .Select((value, s) => value + 3 + 0.2 * Math.Sqrt(Parts / 12.0) * (Number(100 + noise, o * 1000 + s)))
            .ToArray())];

    private static double[][] Random(uint stream)
        => [.. Enumerable.Range(0, Objectives)
            .Select(o => Enumerable.Range(0, Parts).Select(g => Number(stream, o * Parts + g)).ToArray())];

    private static double Number(uint stream, int i) => Philox.Uniform(7, stream, (ulong)i) - 0.5;

    private static double[][] Sum(double[][] a, double alpha, double[][] b, double beta)
        => [.. a.Zip(b, (x, y) => x.Zip(y, (p, q) => alpha * p + beta * q).ToArray())];

    private static double[] Flat(double[][] rows) => [.. rows.SelectMany(row => row)];
}
