using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Grouping;
using Xunit;

namespace DdmNative.Attribution.Tests.Grouping;

public sealed class ClusterGroupsTests
{
    // Class 2 at 0 and 100, class 0 at 0, 50 and 51.
    private static readonly float[] Features = [0, 100, 1, 50, 101, 0, 51];
    private static readonly int[] Labels = [2, 2, 2, 0, 2, 0, 0];

    [Fact]
    public void Every_class_is_split_by_itself_and_the_hierarchy_is_kept()
    {
        GroupTable groups = ClusterGroups.Make(Features, Labels, new KMeansOptions { Clusters = 2 });
        Assert.Equal([0, 0, 2, 2], groups.ClassOf);
        Assert.Equal([0, 1, 0, 1], groups.ClusterOf);
        Assert.Equal(groups.GroupOf[0], groups.GroupOf[2]);
        Assert.Equal(groups.GroupOf[1], groups.GroupOf[4]);
        Assert.Equal(groups.GroupOf[3], groups.GroupOf[6]);
        Assert.All(Enumerable.Range(0, 7), n => Assert.Equal(Labels[n], groups.ClassOf[groups.GroupOf[n]]));
    }

    [Fact]
    public void A_class_with_fewer_samples_than_clusters_gets_a_group_for_each()
        => Assert.Equal([0, 0, 0, 2, 2, 2, 2], ClusterGroups.Make(Features, Labels, new KMeansOptions { Clusters = 9 }).ClassOf);

    [Fact]
    public void Features_of_other_samples_are_refused()
        => Assert.Throws<ArgumentException>(() => ClusterGroups.Make(Features, Labels.AsSpan(1), new KMeansOptions()));

    [Fact]
    public void The_representative_is_the_sample_nearest_the_groups_mean()
    {
        var groups = new GroupTable([0, 0, 0, 1, 1], [0, 1], [0, 0]);
        GroupRepresentatives found = GroupRepresentatives.Nearest([0, 4, 11, 7, 7], groups, perGroup: 1, seed: 1);
        Assert.Equal([1, 3], found.Samples);
        Assert.Equal([3f, 2f], found.SubClusterSizes);
    }

    [Fact]
    public void Several_representatives_stand_for_sub_clusters_and_a_small_group_repeats_its_own()
    {
        var groups = new GroupTable([0, 0, 0, 0, 0, 1], [0, 1], [0, 0]);
        GroupRepresentatives found = GroupRepresentatives.Nearest([0, 1, 2, 50, 90, 3], groups, perGroup: 3, seed: 1);
        Assert.Equal([1, 3, 4], found.Samples[..3].Order());
        Assert.Equal([1f, 1f, 3f], found.SubClusterSizes[..3].Order());
        Assert.Equal([5, 5, 5], found.Samples[3..]);
        Assert.All(found.SubClusterSizes[3..], size => Assert.Equal(1 / 3f, size));
    }
}
