using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Summaries;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>What a run found, in sentences, and which of its methods leads.</summary>
public sealed class AnswerTests
{
    private static readonly string[] Names = ["T-shirt", "Shirt"];

    [Fact]
    public void The_answer_says_what_happens_without_the_most_helpful_and_the_most_harmful_group()
    {
        string[] sentences = Sentences("loss", 0.361,
            [Group(32, 1, 141, -0.088, 0.006, exact: -0.095), Group(7, 0, 20, 0.001, 0.002), Group(3, 0, 12, 0.0301, 0.004)]);

        Assert.Equal(
            ["Without these 141 Shirt images (group 32) the test loss would rise from 0.361 to about 0.449 ± 0.0060 (+24 %); "
                + "retraining says 0.456.",
            "Without these 12 T-shirt images (group 3) the test loss would fall from 0.361 to about 0.331 ± 0.0040 (-8.3 %)."], sentences);
    }

    [Fact]
    public void What_is_within_noise_is_not_told_as_a_finding()
        => Assert.Equal(["No group helps the test loss measurably.", "No group harms the test loss measurably."],
            Sentences("loss", 0.4, [Group(0, 0, 5, -0.003, 0.002), Group(1, 1, 5, 0.003, 0.002)]));

    [Fact]
    public void More_accuracy_is_better_and_has_no_percentage()
    {
        string[] sentences = Sentences("accuracy:class=1", 0.8, [Group(5, 1, 10, 0.05, 0.01), Group(6, 1, 10, -0.04, 0.01)]);
        Assert.Equal("Without these 10 Shirt images (group 5) the test accuracy of class Shirt would fall from 0.800 to about 0.750 "
            + "± 0.010.", sentences[0]);
        Assert.StartsWith("Without these 10 Shirt images (group 6) the test accuracy of class Shirt would rise", sentences[1],
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_harms_comes_first_with_the_way_its_total_was_computed()
    {
        GroupEffect[] groups = [Group(0, 0, 5, -0.1, 0.01)];
        Assert.StartsWith("Without the 300 images of anna the test loss would fall from 0.500 to about 0.400 ± 0.010 (-20 %).",
            Sentences("loss", 0.5, groups, new OwnGroupEffect("anna", 300, 10, 0.1, 0.01, false, "removal"))[0], StringComparison.Ordinal);
        string sum = Sentences("loss", 0.5, groups, new OwnGroupEffect("ben", 20, 2, -0.1, 0.01, false, "sum"))[0];
        Assert.StartsWith("None of your 1 own groups harms the test loss measurably. Without the 20 images of ben (the sum of its effects "
            + "in each class) the test loss would rise", sum, StringComparison.Ordinal);
        Assert.Equal("None of your 1 own groups changes the test loss measurably.",
            Sentences("loss", 0.5, groups, new OwnGroupEffect("eve", 20, 2, -0.1, 0.2, true, "sum"))[0]);
    }

    [Fact]
    public void Without_a_unit_no_value_is_predicted()
    {
        var answer = new Answer(new Objective(ObjectiveKind.Loss), 0.5, Names, "group", Method("grad-dot"), isCalibrated: false);
        string[] sentences = [.. answer.Sentences([Group(0, 0, 5, -70, null), Group(1, 1, 5, 40, null)], [])];
        Assert.StartsWith("These 5 T-shirt images (group 0) help the test loss most, by grad-dot", sentences[0], StringComparison.Ordinal);
        Assert.DoesNotContain("0.5", sentences[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Effects_that_do_not_agree_begin_with_a_warning()
    {
        var answer = new Answer(new Objective(ObjectiveKind.Loss), 0.5, Names, "group", Method("repair") with { Agrees = false },
            isCalibrated: false);
        Assert.StartsWith("Do not rely on these effects", answer.Sentences([Group(0, 0, 5, -0.1, 0.01)], []).First(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_method_that_predicted_retraining_best_leads_and_otherwise_the_first_that_agrees()
    {
        MethodSummary first = Method("push+feature"), second = Method("head");
        Assert.Equal((0, null), (LeadMethod.Choose([first]).Index, LeadMethod.Choose([first]).Reason));
        Assert.Equal(0, LeadMethod.Choose([first with { Agrees = true }, second with { Agrees = true }]).Index);
        Assert.Equal(1, LeadMethod.Choose([first with { Agrees = false }, second with { Agrees = true }]).Index);
        Assert.Equal(0, LeadMethod.Choose([first with { Agrees = false }, second with { Agrees = false }]).Index);

        LeadMethod compared = LeadMethod.Choose([Compared("push+feature", 0.9, 0.5), Compared("head", 0.85, 0.8)]);
        Assert.Equal(1, compared.Index);
        Assert.Contains("0.85 on the own class and 0.80 in total", compared.Reason, StringComparison.Ordinal);
    }

    private static string[] Sentences(string objective, double value, GroupEffect[] order, params OwnGroupEffect[] own)
        => [.. new Answer(Objective.Parse(objective), value, Names, "group", Method("push+feature") with { Agrees = true }, false)
            .Sentences(order, own)];

    private static GroupEffect Group(int group, int ofClass, int size, double effect, double? noise, double? exact = null)
        => new(group, null, ofClass, 0, size, effect, exact)
        {
            ClassName = Names[ofClass], Noise = noise, WithinNoise = Runs.Stages.EffectNoise.Hides(effect, noise),
        };

    private static MethodSummary Method(string name) => new(name, 1, 1, null, null, new Dictionary<string, double>());

    private static MethodSummary Compared(string name, double same, double total)
        => new(name, 1, 1, null, null, new Dictionary<string, double> { ["same"] = same, ["total"] = total });
}
