using DdmNative.Attribution.Online;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace DdmNative.Attribution.Tests.Online;

public sealed class LearningRateBinsTests
{
    [Property(MaxTest = 50)]
    public void Equal_bins_hold_the_whole_schedule(PositiveInt steps, PositiveInt bins, NonNegativeInt from)
    {
        float[] rates = [.. Enumerable.Range(0, steps.Get).Select(step => 1f / (step + 1))];
        int first = from.Get % steps.Get;
        Assert.Equal(rates.Skip(first).Sum(), LearningRateBins.Equal(rates, first, bins.Get).Sum(), 1e-4f);
    }

    [Fact]
    public void Bin_edges_may_fall_inside_a_step()
        => Assert.Equal([3f, 3f], LearningRateBins.Equal([9, 2, 2, 2], 1, 2));

    [Fact]
    public void Bins_between_edges_sum_whole_steps()
        => Assert.Equal([6f, 8f], LearningRateBins.Between([9, 2, 4, 8], [1, 3, 4]));
}
