using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Objectives;

public sealed class ObjectiveTests
{
    // Three samples of three classes; labels 0, 2, 0.
    private static readonly float[] Logits = [2, 0, 1, 1, 3, 0, -1, 4, 4];
    private static readonly int[] Labels = [0, 2, 0];

    [Theory]
    [InlineData("accuracy", 1.0 / 3)]
    [InlineData("accuracy:class=2", 0)]
    [InlineData("margin", (1.0 - 3 - 5) / 3)]
    [InlineData("margin:sample=0", 1)]
    [InlineData("logit:class=0", 0.5)]
    [InlineData("logit:sample=1,2", -0.5)]
    [InlineData("loss:sample=0", 0.4076059644443804)] // ln(e² + 1 + e) − 2
    [InlineData("loss:class=2", 3.1698460195562856)] // ln(e + e³ + 1) − 0
    public void Values_are_those_computed_by_hand(string text, double expected)
        => Assert.Equal(expected, Objective.Parse(text).Evaluate(Logits, Labels), 1e-12);

    [Fact]
    public void The_total_loss_is_the_mean_over_all_samples()
        => Assert.Equal(
            Enumerable.Range(0, 3).Average(n => Objective.Parse($"loss:sample={n}").Evaluate(Logits, Labels)),
            Objective.Parse("loss").Evaluate(Logits, Labels), 1e-12);

    [Fact]
    public void Huge_logits_neither_overflow_nor_hide_a_NaN()
    {
        Assert.Equal(0, Objective.Parse("loss").Evaluate([1e30f, 0], [0]), 1e-12);
        Assert.Equal(double.NaN, Objective.Parse("loss").Evaluate([0, float.NaN], [0]));
    }

    [Theory]
    [InlineData("loss")]
    [InlineData("accuracy")]
    [InlineData("loss:class=3")]
    [InlineData("margin:sample=17")]
    [InlineData("logit:sample=4,17,20")]
    public void A_name_reads_back_as_itself(string text) => Assert.Equal(text, Objective.Parse(text).Name);

    [Theory]
    [InlineData("")]
    [InlineData("los")]
    [InlineData("Loss")]
    [InlineData("loss:")]
    [InlineData("loss:class")]
    [InlineData("loss:class=")]
    [InlineData("loss:class=-1")]
    [InlineData("loss:class=1,2")]
    [InlineData("loss:sample=1,,2")]
    [InlineData("loss:sample=99999999999")]
    [InlineData("loss:group=1")]
    [InlineData("1")]
    public void Text_that_is_no_objective_is_refused_with_examples(string text)
        => Assert.Contains("margin:sample=17", Assert.Throws<FormatException>(() => Objective.Parse(text)).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("loss:class=1")]
    [InlineData("loss:sample=3")]
    public void A_class_or_sample_that_is_not_there_is_refused(string text)
        => Assert.Contains(text, Assert.Throws<ArgumentException>(() => Objective.Parse(text).Evaluate(Logits, Labels)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void The_defaults_are_the_total_loss_and_every_class_that_has_samples()
        => Assert.Equal(["loss", "loss:class=0", "loss:class=2"], Objective.Defaults(Labels).Select(o => o.Name));

    [Fact]
    public void An_effect_is_with_minus_without_so_that_a_helpful_group_lowers_a_loss()
    {
        // One sample of class 0: right with everything, wrong without group 0, more right without group 1.
        var logits = new CounterfactualLogits(CounterfactualLogits.EachGroup(2), Samples: 1, Classes: 2, [2, 0], [0, 2, 3, 0]);
        AttributionMatrix matrix = AttributionMatrix.From(logits, [0], [Objective.Parse("loss"), Objective.Parse("margin")]);
        Assert.Equal(["loss", "margin"], matrix.Objectives);
        Assert.Equal([4, -1], matrix.Row("margin"));
        Assert.Equal(Math.Log(1 + Math.Exp(-2)) - Math.Log(1 + Math.Exp(2)), matrix[0, 0], 1e-12);
        Assert.True(matrix[0, 0] < 0 && matrix[0, 1] > 0);
    }

    [Fact]
    public void Matrices_are_averaged_combined_and_cut_only_with_their_like()
    {
        var a = new AttributionMatrix(["loss"], new double[,] { { 1, 2, 3 } });
        var b = new AttributionMatrix(["loss"], new double[,] { { 3, 6, -1 } });
        Assert.Equal([2, 4, 1], AttributionMatrix.Mean([a, b]).Row("loss"));
        Assert.Equal([-1, -2, 7], AttributionMatrix.Combine(2, a, -1, b).Row("loss"));
        Assert.Equal([3, 1], a.SelectGroups([2, 0]).Row("loss"));
        Assert.Throws<ArgumentException>(() => AttributionMatrix.Mean([a, a.SelectGroups([0])]));
        Assert.Throws<ArgumentException>(() => AttributionMatrix.Combine(1, a, 1, new AttributionMatrix(["margin"], new double[1, 3])));
        Assert.Throws<ArgumentException>(() => a.Row("margin"));
    }
}
