using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using Xunit;

namespace DdmNative.Attribution.Tests.Metrics;

/// <summary>Predictions of the total loss of models without several groups.</summary>
public sealed class ClassShareLinkTests
{
    // Two classes of 4 and 6 samples; groups of 1, 3, 2, 2 and 2.
    private static readonly GroupTable Groups = new([0, 1, 1, 1, 2, 2, 3, 3, 4, 4], [0, 0, 1, 1, 1], [0, 1, 0, 1, 2]);
    private static readonly double[] Total = [-0.1, -0.3, 0.05, -0.2, -0.1], Own = [-0.4, -0.9, 0.1, -0.5, -0.3];
    private static readonly int[] Labels = [0, 0, 0, 1];

    [Fact]
    public void Without_one_group_it_is_that_group_s_effect()
    {
        double[] found = Create().Predict([[0], [1], [2], [3], [4]]);
        for (int g = 0; g < found.Length; g++)
            Assert.Equal(-Total[g], found[g], 1e-12);
    }

    [Fact]
    public void Without_no_group_nothing_changes() => Assert.Equal([0.0], Create().Predict([[]]));

    [Fact]
    public void Several_groups_of_one_class_cost_more_than_their_sum_and_of_different_classes_their_sum()
    {
        double[] found = Create().Predict([[3, 4], [0, 3]]);

        Assert.True(found[0] > 0.31, $"{found[0]}");
        Assert.Equal(0.3, found[1], 1e-12);
    }

    [Fact]
    public void Two_groups_are_predicted_as_the_formula_says()
    {
        // A = 2.0/Σφ over the groups; a quarter of the test samples has class 1.
        double scale = 2.0 / (Link(0.75) + Link(0.25) + 3 * Link(2.0 / 3));
        double expected = scale * 0.25 * Link(1.0 / 3) + 0.2 + 0.1 - 2 * scale * 0.25 * Link(2.0 / 3);

        Assert.Equal(expected, Create().Predict([[3, 4]])[0], 1e-12);
        Assert.Equal(scale * 0.25 * Link(1.0 / 3), Create().PredictByShares([[3, 4]])[0], 1e-12);
    }

    [Fact]
    public void It_orders_models_whose_loss_falls_with_the_share_of_each_class_where_sums_do_not()
    {
        // 10 classes of 5 groups; the loss of a class is 1/(share + .1), an effect that of one group's removal.
        var groups = new GroupTable([.. Enumerable.Range(0, 50)], [.. Enumerable.Range(0, 50).Select(g => g / 5)],
            [.. Enumerable.Range(0, 50).Select(g => g % 5)]);
        int[] labels = [.. Enumerable.Range(0, 10)];
        IReadOnlyList<int[]> removed = RandomSubsets.Draw(50, RandomSubsets.Half, 100, 3);
        double[] outcomes = [.. removed.Select(some
            => Enumerable.Range(0, 10).Average(c => 1 / (1.1 - 0.2 * some.Count(g => g / 5 == c))))];
        double effect = 1 / 1.1 - 1 / 0.9;
        double[] own = [.. Enumerable.Repeat(effect, 50)], total = [.. own.Select((value, g) => value / 10 + 1e-3 * (g % 7))];

        Assert.InRange(LinearDatamodelingScore.Compute(total, removed, outcomes), -0.4, 0.4);
        Assert.InRange(Correlation.Spearman(new ClassShareLink(groups, total, own, labels).Predict(removed), outcomes), 0.95, 1);
    }

    [Fact]
    public void A_matrix_with_the_total_and_every_class_has_a_link_and_others_have_none()
    {
        var values = new double[3, 5];
        for (int g = 0; g < 5; g++)
            (values[0, g], values[1 + Groups.ClassOf[g], g]) = (Total[g], Own[g]);
        var matrix = new AttributionMatrix(["loss", "loss:class=0", "loss:class=1"], values);

        Assert.Equal(Create().Predict([[3, 4]]), ClassShareLink.For(Groups, matrix, Labels)!.Predict([[3, 4]]));
        Assert.Null(ClassShareLink.For(Groups, matrix.SelectObjectives(["loss", "loss:class=0"]), Labels));
        Assert.NotNull(ClassShareLink.For(Groups, matrix.SelectObjectives(["loss", "loss:class=0"]), [0, 0]));
    }

    [Fact]
    public void Sets_and_groups_that_do_not_exist_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Create().Predict([[0, 0]]));
        Assert.Throws<ArgumentException>(() => Create().Predict([[5]]));
        Assert.Throws<ArgumentException>(() => new ClassShareLink(Groups, Total[..3], Own, Labels));
        var mixed = new GroupTable([0, 1], [0, GroupTable.SeveralClasses], [0, 0]);
        Assert.Throws<ArgumentException>(() => new ClassShareLink(mixed, [1, 1], [1, 1], Labels));
    }

    private static ClassShareLink Create() => new(Groups, Total, Own, Labels);

    private static double Link(double share) => 1 / (share + 0.05) - 1 / 1.05;
}
