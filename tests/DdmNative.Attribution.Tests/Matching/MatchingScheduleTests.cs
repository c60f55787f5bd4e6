using DdmNative.Attribution.Matching;
using FsCheck.Xunit;
using Xunit;

namespace DdmNative.Attribution.Tests.Matching;

public sealed class MatchingScheduleTests
{
    [Fact]
    public void Walk_dwells_on_each_checkpoint_in_the_given_order()
        => Assert.Equal([4, 4, 4, 2, 2, 2], MatchingSchedule.Walk([4, 2], 6).Select(point => point.Real));

    [Property(MaxTest = 30)]
    public void Random_pairs_stay_on_the_trajectory_and_never_look_back(ulong seed)
    {
        MatchingPoint[] points = MatchingSchedule.RandomPairs(7, 3, 50, seed);
        Assert.All(points, point =>
        {
            Assert.InRange(point.Real, 0, 6);
            Assert.InRange(point.Synset, point.Real, Math.Min(6, point.Real + 3));
        });
        Assert.Equal(points, MatchingSchedule.RandomPairs(7, 3, 50, seed));
    }

    [Fact]
    public void Random_pairs_reach_every_checkpoint()
        => Assert.Equal(7, MatchingSchedule.RandomPairs(7, 3, 200, 1).Select(point => point.Real).Distinct().Count());
}
