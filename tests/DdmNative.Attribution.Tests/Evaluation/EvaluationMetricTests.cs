using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using Xunit;

namespace DdmNative.Attribution.Tests.Evaluation;

public sealed class EvaluationMetricTests
{
    [Fact]
    public void Brittleness_looks_only_at_predictions_that_were_right()
    {
        // Four predictions, two shares removed. The third was wrong to begin with; a margin of zero is no right prediction either.
        var metric = BrittlenessMetric.Of([2, 1, -1, 0.5], [[1, -1], [0, -0.5], [-2, 3], [0.25, 0.25]]);

        Assert.Equal(3, metric.Predictions);
        Assert.Equal([1.0 / 3, 2.0 / 3], metric.Flipped);
        Assert.Equal([(1 + 1 + 0.25) / 3, (3 + 1.5 + 0.25) / 3], metric.MarginFall);
    }

    [Fact]
    public void Without_a_right_prediction_there_is_no_brittleness()
    {
        var metric = BrittlenessMetric.Of([-1], [[1, 1]]);

        Assert.Equal(0, metric.Predictions);
        Assert.All(metric.Flipped.Concat(metric.MarginFall), value => Assert.True(double.IsNaN(value)));
    }

    [Fact]
    public void A_deeper_removal_holds_the_shallower_one()
    {
        int[][] removed = RemovalPlan.Of([4, 2, 9, 0, 7, 1, 3, 5, 6, 8], [1, 20, 50, 99]);

        Assert.Equal([4], removed[0]);
        Assert.Equal([2, 4], removed[1]);
        Assert.Equal([0, 2, 4, 7, 9], removed[2]);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 9], removed[3]);
    }

    [Fact]
    public void Random_orders_differ_and_the_seed_decides_them()
    {
        int[][][] orders = RemovalPlan.Random(30, [50], seed: 5);

        Assert.Equal(RemovalPlan.RandomOrders, orders.Select(order => string.Join(',', order[0])).Distinct().Count());
        Assert.Equal(orders, RemovalPlan.Random(30, [50], seed: 5));
    }

    [Fact]
    public void Fewer_predictions_are_part_of_more()
    {
        int[] few = ChosenPredictions.Of(100, 5, seed: 2), many = ChosenPredictions.Of(100, 30, seed: 2);

        Assert.Equal(30, many.Distinct().Count());
        Assert.Empty(few.Except(many));
        Assert.NotEqual(few, ChosenPredictions.Of(100, 5, seed: 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => ChosenPredictions.Of(4, 5, seed: 2));
    }

    [Fact]
    public void Outcomes_are_the_objectives_of_the_models_and_effects_what_having_a_group_did()
    {
        // Two seeds; the model with everything and one without group 0. One sample of class 1 in two classes; the logit of its class is
        // what is measured.
        float[][] logits = [[0, 3], [0, 1], [0, 5], [0, 2]];
        var outcomes = new SubsetOutcomes([new Objective(ObjectiveKind.Logit), new Objective(ObjectiveKind.Accuracy)], [[], [0]], seeds: 2,
            logits, [1]);

        Assert.Equal([3, 1], outcomes.At(0, 0));
        Assert.Equal([4, 1.5], outcomes.Mean(0));
        Assert.Equal(2, outcomes.EffectsAt(0)[0, 0]);
        Assert.Equal(3, outcomes.EffectsAt(1)[0, 0]);
        Assert.Equal(0, outcomes.EffectsAt(1)[1, 0]);
    }

    [Fact]
    public void A_table_is_csv_with_every_digit_and_markdown_with_a_few()
    {
        var table = new FigureTable(["method", "objective"], [("r", "0.00"), ("n", "0")]);
        table.Add(["head", "loss:sample=1,2"], 1.0 / 3, double.NaN);

        Assert.Equal("method,objective,r,n\nhead,\"loss:sample=1,2\",0.3333333333333333,\n", table.Csv());
        Assert.Equal("| method | objective | r | n |\n|---|---|--:|--:|\n| head | loss:sample=1,2 | 0.33 | – |\n", table.Markdown());
        Assert.Throws<ArgumentException>(() => table.Add(["head"], 1, 2));
    }

    [Fact]
    public void There_are_as_many_halves_as_ways_to_choose_them()
    {
        Assert.Equal(20, RandomSubsets.Different(6, RandomSubsets.Half));
        Assert.Equal(10, RandomSubsets.Different(5, RandomSubsets.Half));
        Assert.Null(RandomSubsets.Different(50, RandomSubsets.Half));
    }
}
