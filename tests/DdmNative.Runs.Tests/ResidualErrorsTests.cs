using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Stages;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>A method's own errors, and the noise that they make with those over the evaluation samples.</summary>
public sealed class ResidualErrorsTests
{
    private static readonly string[] Objectives = ["loss", "loss:class=0", "loss:class=1"];
    private static readonly int[] ClassOf = [0, 1, 0, 1];

    [Fact]
    public void Own_class_other_classes_and_the_total_have_errors_of_their_own()
    {
        var measured = AttributionMatrix.FromFlat(Objectives, new double[12], 4);
        // Differences: 0.5 in total; 3 on the own class; 1 on the other.
        var predicted = AttributionMatrix.FromFlat(Objectives, [0.5, -0.5, 0.5, -0.5, 3, 1, -3, -1, 1, 3, 1, -3], 4);

        var errors = ResidualErrors.Measure(predicted, measured, ClassOf);

        Assert.Equal(0.5, errors.Of(Objective.Parse("loss"), 0)!.Value, 12);
        Assert.Equal(3, errors.Of(Objective.Parse("loss:class=1"), 1)!.Value, 12);
        Assert.Equal(1, errors.Of(Objective.Parse("loss:class=1"), 0)!.Value, 12);
        Assert.Equal(6, errors.Of(Objective.Parse("loss:class=0"), GroupTable.SeveralClasses, groups: 4)!.Value, 12);
        Assert.Null(errors.Of(Objective.Parse("accuracy"), 0));
        Assert.Null(errors.Of(Objective.Parse("loss:sample=3"), 0));
    }

    [Fact]
    public void Fewer_than_three_differences_say_nothing()
    {
        var two = AttributionMatrix.FromFlat(["loss"], [1.0, 2], 2);
        Assert.Null(ResidualErrors.Measure(two, two, [0, 1]).Of(Objective.Parse("loss"), 0));
    }

    [Fact]
    public void Both_errors_add_up_as_independent_ones_and_one_alone_stands()
    {
        var measured = AttributionMatrix.FromFlat(["loss"], new double[3], 3);
        var errors = ResidualErrors.Measure(AttributionMatrix.FromFlat(["loss"], [4.0, 4, -4], 3), measured, [0, 1, 0]);
        var sampling = AttributionMatrix.FromFlat(["loss"], [3, 0, double.NaN], 3);

        double[] noise = EffectNoise.Combine(["loss"], [0, 1, 0], null, sampling, errors).Flatten();

        Assert.Equal([5, 4, 4], noise);
        Assert.Equal([3, 0, double.NaN], EffectNoise.Combine(["loss"], [0, 1, 0], null, sampling, null).Flatten());
        Assert.All(EffectNoise.Combine(["loss"], [0], null, null, null).Flatten(), value => Assert.True(double.IsNaN(value)));
    }

    [Fact]
    public void An_effect_below_twice_its_noise_is_hidden_and_one_of_unknown_noise_is_not()
    {
        Assert.True(EffectNoise.Hides(-1.9, 1));
        Assert.False(EffectNoise.Hides(-2.1, 1));
        Assert.False(EffectNoise.Hides(0.1, null));
        var zero = AttributionMatrix.FromFlat(["loss"], new double[4], 4);
        var noise = AttributionMatrix.FromFlat(["loss"], [1, 1, 1, double.NaN], 4);
        Assert.Equal(2 / 3.0, EffectNoise.Coverage(AttributionMatrix.FromFlat(["loss"], [1.0, 3, 2, 9], 4), zero, noise)!.Value, 12);
        Assert.Null(EffectNoise.Coverage(zero.SelectGroups([3]), zero.SelectGroups([3]), noise.SelectGroups([3])));
    }
}
