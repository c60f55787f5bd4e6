using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Stages;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>A method's effects against the last block's, on few groups: two classes, eight groups, their own class in turn.</summary>
public sealed class EffectCheckTests
{
    private const int Groups = 8;

    private static readonly int[] ClassOf = [.. Enumerable.Range(0, Groups).Select(g => g % 2)];

    private static readonly Objective[] Losses = [new(ObjectiveKind.Loss, 0), new(ObjectiveKind.Loss, 1)];

    [Fact]
    public void The_total_is_checked_apart_because_large_effects_on_the_own_class_hide_it()
    {
        // On its own class a group's effect is large; what it does to the other class nearly cancels it, and the method has that wrong.
        AttributionMatrix reference = Matrix((g, own) => own ? 1 + (0.01 * g) : -1);
        AttributionMatrix effects = Matrix((g, own) => own ? 1 + (0.01 * g) : -1 - (0.03 * g));

        EffectCheck check = EffectCheck.Compute(effects, reference, ClassOf, [50, 50]);

        Assert.InRange(check.Agreement, 0.98, 1);
        Assert.True(check.Agrees);
        Assert.Equal(-1, check.Total, 1e-9);
        Assert.False(check.TotalAgrees);
        Assert.Contains("on the total test loss", Assert.Single(EffectWarnings.Of(null, null, check)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_total_weighs_classes_by_their_test_images()
    {
        // Only the second class's images count, and there the method is the reference turned round.
        AttributionMatrix reference = Matrix((g, own) => own ? 1 : 0, (g, c) => c == 1 ? g : 0);
        AttributionMatrix effects = Matrix((g, own) => own ? 1 : 0, (g, c) => c == 1 ? -g : 5 * g);

        Assert.True(EffectCheck.Compute(effects, reference, ClassOf, [1, 1000]).Total < -0.9);
        Assert.True(EffectCheck.Compute(effects, reference, ClassOf, [1, 1]).Total > 0.9);
    }

    [Fact]
    public void Without_enough_groups_or_a_question_for_the_total_it_is_not_judged()
    {
        AttributionMatrix effects = Matrix((g, own) => own ? g : -g);

        AttributionMatrix five = effects.SelectGroups([0, 1, 2, 3, 4]);
        EffectCheck few = EffectCheck.Compute(five, five, ClassOf[..5], [50, 50]);
        EffectCheck unasked = EffectCheck.Compute(effects, effects, ClassOf, null);

        Assert.All([few, unasked], check => Assert.True(double.IsNaN(check.Total) && check.TotalAgrees));
    }

    [Fact]
    public void What_a_run_keeps_of_a_check_is_read_again()
    {
        AttributionMatrix effects = Matrix((g, own) => own ? 1 + g : 0.1 * g);
        EffectCheck check = EffectCheck.Compute(effects, effects.Scale(1.5), ClassOf, [50, 50]);
        var figures = new Dictionary<string, double>();

        check.AddTo(figures, "push");

        Assert.Equal(check, EffectCheck.Read(figures, "push"));
        Assert.Null(EffectCheck.Read(figures, "head"));
    }

    private static AttributionMatrix Matrix(Func<int, bool, double> effect, Func<int, int, double>? more = null)
    {
        var values = new double[2, Groups];
        for (int c = 0; c < 2; c++)
            for (int g = 0; g < Groups; g++)
                values[c, g] = effect(g, ClassOf[g] == c) + (more?.Invoke(g, c) ?? 0);
        return new AttributionMatrix([.. Losses.Select(loss => loss.Name)], values);
    }
}
