using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;
using DdmNative.Compute.Contracts;
using FsCheck.Xunit;
using Xunit;

namespace DdmNative.Attribution.Tests.Online;

public sealed class MaskRegressionTests
{
    [Property(MaxTest = 20)]
    public void Planted_linear_response_is_recovered(ulong seed)
    {
        const int Groups = 20;
        IReadOnlyList<int[]> masks = RandomMasks.Draw(Groups, 600, seed);
        double[,] planted = new double[2, Groups];
        var effects = new double[2, masks.Count];
        for (int o = 0; o < 2; o++)
        {
            for (int group = 0; group < Groups; group++)
                planted[o, group] = Philox.Uniform(seed, 9, (ulong)(o * Groups + group)) - 0.5;
            for (int mask = 0; mask < masks.Count; mask++)
                effects[o, mask] = masks[mask].Sum(group => planted[o, group]);
        }
        AttributionMatrix found = MaskRegression.Fit(masks, Matrix(effects), Groups, ridge: 1e-6);
        AttributionMatrix ridged = MaskRegression.Fit(masks, Matrix(effects), Groups);
        for (int o = 0; o < 2; o++)
        {
            for (int group = 0; group < Groups; group++)
            {
                Assert.Equal(planted[o, group], found[o, group], 1e-5);
                Assert.Equal(planted[o, group], ridged[o, group], 0.02);
            }
        }
    }

    [Fact]
    public void Group_that_no_mask_removes_has_no_effect()
    {
        AttributionMatrix found = MaskRegression.Fit([[0], [0]], Matrix(new double[,] { { 2, 2 } }), groups: 2, ridge: 0.5);
        Assert.Equal(4 / 2.5, found[0, 0], 1e-12);
        Assert.Equal(0, found[0, 1]);
    }

    [Fact]
    public void Masks_remove_groups_with_the_given_probability_and_never_nothing()
    {
        IReadOnlyList<int[]> masks = RandomMasks.Draw(50, 1000, 3, 0.06);
        Assert.All(masks, mask => Assert.NotEmpty(mask));
        Assert.InRange(masks.Average(mask => mask.Length), 2.8, 3.3);
        Assert.Equal(masks, RandomMasks.Draw(50, 1000, 3, 0.06));
        Assert.NotEqual(masks, RandomMasks.Draw(50, 1000, 4, 0.06));
    }

    [Fact]
    public void Ridge_of_zero_and_effects_of_another_count_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => MaskRegression.Fit([[0]], Matrix(new double[1, 1]), 1, 0));
        Assert.Throws<ArgumentException>(() => MaskRegression.Fit([[0]], Matrix(new double[1, 2]), 1));
    }

    private static AttributionMatrix Matrix(double[,] effects)
        => new([.. Enumerable.Range(0, effects.GetLength(0)).Select(o => $"objective {o}")], effects);
}
