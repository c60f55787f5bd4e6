using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Grouping;
using Xunit;

namespace DdmNative.Attribution.Tests.Grouping;

public sealed class KMeansTests
{
    [Theory]
    [InlineData(1UL)]
    [InlineData(2UL)]
    [InlineData(3UL)]
    public void Planted_clusters_are_found(ulong seed)
    {
        float[] points = Planted(clusters: 4, each: 25, seed);
        Clustering found = KMeans.Fit(points, 3, new KMeansOptions { Clusters = 4, Seed = seed });
        Assert.Equal([25, 25, 25, 25], found.Sizes);
        for (int i = 0; i < 100; i++)
            Assert.True(found.Assignment[i] == found.Assignment[i % 4], $"seed {seed}: point {i}");
        Assert.Equal(4, found.Assignment[..4].Distinct().Count());
    }

    [Fact]
    public void Centres_are_means_and_inertia_is_the_squared_distance_to_them()
    {
        Clustering found = KMeans.Fit([0, 0, 0, 2, 10, 10, 10, 14], 2, new KMeansOptions { Clusters = 2 });
        Assert.Equal([0, 1, 10, 12], found.Assignment[0] == 0 ? found.Centres : [.. found.Centres[2..], .. found.Centres[..2]]);
        Assert.Equal(1 + 1 + 4 + 4, found.Inertia, 1e-5);
    }

    [Fact]
    public void The_same_seed_gives_the_same_clusters()
    {
        float[] points = [.. Enumerable.Range(0, 300).Select(i => (float)new SeededOrder(5, (ulong)i).NextUnit())];
        Clustering first = KMeans.Fit(points, 3, new KMeansOptions { Clusters = 7, Seed = 9 }),
            second = KMeans.Fit(points, 3, new KMeansOptions { Clusters = 7, Seed = 9 });
        Assert.Equal(first.Assignment, second.Assignment);
        Assert.Equal(first.Centres, second.Centres);
        Assert.NotEqual(first.Assignment, KMeans.Fit(points, 3, new KMeansOptions { Clusters = 7, Seed = 10, Restarts = 1 }).Assignment);
    }

    [Fact]
    public void No_cluster_is_empty_even_where_all_points_are_one()
    {
        Clustering found = KMeans.Fit(new float[20], 2, new KMeansOptions { Clusters = 4 });
        Assert.Equal(4, found.Sizes.Length);
        Assert.All(found.Sizes, size => Assert.InRange(size, 1, 7));
        Assert.Equal(0, found.Inertia);
    }

    [Fact]
    public void Fewer_points_than_clusters_are_a_cluster_each()
        => Assert.Equal([0, 1, 2], KMeans.Fit([1, 5, 9], 1, new KMeansOptions { Clusters = 8 }).Assignment.Order());

    [Fact]
    public void More_rounds_never_raise_the_inertia()
    {
        float[] points = [.. Enumerable.Range(0, 400).Select(i => (float)new SeededOrder(6, (ulong)i).NextUnit())];
        double[] inertia = [.. Enumerable.Range(1, 12)
            .Select(rounds => KMeans.Fit(points, 2, new KMeansOptions { Clusters = 6, Restarts = 1, MaximumIterations = rounds }).Inertia)];
        Assert.All(Enumerable.Range(1, 11), i => Assert.True(inertia[i] <= inertia[i - 1] + 1e-9, string.Join(" ", inertia)));
        Assert.True(inertia[^1] < inertia[0]);
    }

    [Fact]
    public void Points_that_are_not_points_are_refused()
        => Assert.All((float[][])[[], [1, 2, 3], [1, float.NaN]],
            points => Assert.Throws<ArgumentException>(() => KMeans.Fit(points, 2, new KMeansOptions())));

    /// <summary>Point i is in cluster i mod k, around the corner of a cube that the cluster's number spells.</summary>
    private static float[] Planted(int clusters, int each, ulong seed)
    {
        var random = new SeededOrder(seed);
        return [.. from i in Enumerable.Range(0, clusters * each) from axis in Enumerable.Range(0,
            3) select (float)(10 * (i % clusters >> axis & 1) + random.NextUnit())];
    }
}
