using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Metrics;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace DdmNative.Attribution.Tests.Metrics;

public sealed class DetectionTests
{
    [Fact]
    public void Auroc_is_the_share_of_pairs_in_the_right_order()
    {
        // Marked 4, 2 against 3, 1: of four pairs only (2, 3) is wrong.
        Assert.Equal(0.75, Detection.Auroc([4, 3, 2, 1], [true, false, true, false]), 1e-15);
        Assert.Equal(1, Detection.Auroc([5, 4, 1], [true, true, false]), 1e-15);
        Assert.Equal(0, Detection.Auroc([1, 2, 3], [true, false, false]), 1e-15);
    }

    [Fact]
    public void Equal_scores_are_half_a_pair_and_one_threshold()
    {
        // 2 > 1 counts one, 2 = 2 one half: 1.5 of 2. The threshold 2 finds the one marked among two: precision ½.
        Assert.Equal(0.75, Detection.Auroc([2, 2, 1], [true, false, false]), 1e-15);
        Assert.Equal(0.5, Detection.AveragePrecision([2, 2, 1], [true, false, false]), 1e-15);
        Assert.Equal(0.5, Detection.Auroc([7, 7, 7, 7], [true, false, false, true]), 1e-15);
        Assert.Equal(0.25, Detection.AveragePrecision([7, 7, 7, 7], [true, false, false, false]), 1e-15);
    }

    [Fact]
    public void Average_precision_sums_precision_over_the_steps_of_recall()
        // Thresholds 4, 3, 2, 1: precisions at the two marked ones 1 and 2/3, each a step of ½.
        => Assert.Equal((1 + 2.0 / 3) / 2, Detection.AveragePrecision([4, 3, 2, 1], [true, false, true, false]), 1e-15);

    [Fact]
    public void Without_both_kinds_or_with_scores_that_are_not_numbers_there_is_no_answer()
    {
        Assert.Equal(double.NaN, Detection.Auroc([1, 2], [true, true]));
        Assert.Equal(double.NaN, Detection.Auroc([1, 2], [false, false]));
        Assert.Equal(double.NaN, Detection.AveragePrecision([], []));
        Assert.Equal(double.NaN, Detection.Auroc([1, double.NaN], [true, false]));
        Assert.Equal(double.NaN, Detection.AveragePrecision([1, double.NaN], [true, false]));
        Assert.Throws<ArgumentException>(() => Detection.Auroc([1, 2, 3], [true, false]));
    }

    [Property]
    public Property Only_the_order_of_the_scores_counts(ulong seed)
    {
        (double[] scores, bool[] marked) = Draw(seed);
        double[] stretched = [.. scores.Select(s => Math.Exp(s) - 5)];
        return (Detection.Auroc(scores, marked).Equals(Detection.Auroc(stretched, marked))
            && Detection.AveragePrecision(scores, marked).Equals(Detection.AveragePrecision(stretched, marked))).Label($"seed {seed}");
    }

    [Property]
    public Property Turned_round_scores_give_the_complement(ulong seed)
    {
        (double[] scores, bool[] marked) = Draw(seed);
        double sum = Detection.Auroc(scores, marked) + Detection.Auroc([.. scores.Select(s => -s)], marked);
        return (Math.Abs(sum - 1) < 1e-12).Label($"seed {seed}: {sum}");
    }

    [Property]
    public Property The_order_of_the_samples_does_not_count(ulong seed)
    {
        (double[] scores, bool[] marked) = Draw(seed);
        int[] order = SeededOrder.Permutation(scores.Length, seed + 1);
        double[] shuffled = [.. order.Select(n => scores[n])];
        bool[] with = [.. order.Select(n => marked[n])];
        return (Detection.Auroc(scores, marked).Equals(Detection.Auroc(shuffled, with))
            && Math.Abs(Detection.AveragePrecision(scores, marked) - Detection.AveragePrecision(shuffled, with)) < 1e-12).Label(
                $"seed {seed}");
    }

    /// <summary>Scores on a grid of few steps, of both kinds one at least.</summary>
    private static (double[] Scores, bool[] Marked) Draw(ulong seed)
    {
        var random = new SeededOrder(seed);
        int count = 2 + random.Below(40);
        double[] scores = [.. Enumerable.Range(0, count).Select(_ => random.Below(7) / 4.0)];
        bool[] marked = [.. Enumerable.Range(0, count).Select(n => n == 0 || (n > 1 && random.Below(3) == 0))];
        return (scores, marked);
    }
}
