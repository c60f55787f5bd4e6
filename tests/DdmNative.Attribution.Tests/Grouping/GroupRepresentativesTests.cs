using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Grouping;
using Xunit;

namespace DdmNative.Attribution.Tests.Grouping;

public sealed class GroupRepresentativesTests
{
    [Fact]
    public void Sub_clusters_are_all_of_their_group_and_hold_their_representative()
    {
        // Two groups on a line, each with two clumps.
        float[] points = [0, 0.1f, 5, 5.1f, 5.2f, 20, 30, 30.5f, 31];
        var groups = new GroupTable([0, 0, 0, 0, 0, 1, 1, 1, 1], [0, 1], [0, 0]);

        GroupRepresentatives two = GroupRepresentatives.Nearest(points, groups, perGroup: 2, seed: 1);

        Assert.Equal(4, two.SubClusters.Count);
        Assert.All(Enumerable.Range(0, 4), i => Assert.Contains(two.Samples[i], two.SubClusters[i]));
        Assert.Equal([0, 1, 2, 3, 4], two.SubClusters.Take(2).SelectMany(of => of).Order());
        Assert.Equal([5, 6, 7, 8], two.SubClusters.Skip(2).SelectMany(of => of).Order());
        Assert.Equal(two.SubClusterSizes.Select(size => (int)size), two.SubClusters.Select(of => of.Count));
        Assert.Equal([1, 3], two.SubClusters.Skip(2).Select(of => of.Count).Order());
    }
}
