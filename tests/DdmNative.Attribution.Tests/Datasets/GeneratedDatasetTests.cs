using System.Security.Cryptography;
using DdmNative.Attribution.Datasets;
using Xunit;

namespace DdmNative.Attribution.Tests.Datasets;

public class GeneratedDatasetTests
{
    [Fact]
    public void The_same_seed_makes_the_same_bytes_everywhere()
    {
        Dataset train = GeneratedDataset.Make(new GeneratedOptions()).Train;
        byte[] bytes = [.. train.Images.Select(pixel => (byte)Math.Round(pixel * 255))];
        Assert.Equal("3A71BA8ABD00CC6C", Convert.ToHexString(SHA256.HashData(bytes))[..16]);
    }

    [Fact]
    public void Shapes_counts_and_labels_are_those_asked_for()
    {
        var options = new GeneratedOptions { Classes = 3, PerClass = 5, TestPerClass = 2, Channels = 3, Size = 8, ClustersPerClass = 2 };
        (Dataset train, Dataset test) = GeneratedDataset.Make(options);
        Assert.Equal((15, 3, 8, 8, 3), (train.Count, train.Channels, train.Height, train.Width, train.Classes));
        Assert.Equal(6, test.Count);
        Assert.Equal([5, 5, 5], train.Labels.CountBy(label => label).OrderBy(pair => pair.Key).Select(pair => pair.Value));
        Assert.All(train.Images, pixel => Assert.InRange(pixel, 0, 1));
    }

    [Fact]
    public void Seeds_and_splits_differ()
    {
        Assert.NotEqual(GeneratedDataset.Make(new GeneratedOptions()).Train.Images,
            GeneratedDataset.Make(new GeneratedOptions { Seed = 2 }).Train.Images);
        (Dataset train, Dataset test) = GeneratedDataset.Make(new GeneratedOptions { TestPerClass = 40 });
        Assert.NotEqual(train.Images, test.Images);
    }

    [Fact]
    public void Test_images_lie_nearest_the_training_mean_of_their_own_class_and_cluster()
    {
        var options = new GeneratedOptions();
        (Dataset train, Dataset test) = GeneratedDataset.Make(options);
        int groups = options.Classes * options.ClustersPerClass;
        var means = new double[groups][];
        for (int g = 0; g < groups; g++)
        {
            int[] members = [.. Enumerable.Range(0, train.Count).Where(n => GroupOf(train, n) == g)];
            means[g] = [.. Enumerable.Range(0, train.ImageSize).Select(i => members.Average(n => train.Image(n)[i]))];
        }

        int right = Enumerable.Range(0, test.Count)
            .Count(n => GroupOf(test, n) == Enumerable.Range(0, groups).MinBy(g => Distance(test, n, means[g])));
        Assert.True(right > 0.9 * test.Count, $"Only {right} of {test.Count} images lie nearest their own cluster.");

        int GroupOf(Dataset data, int n) => data.Labels[n] * options.ClustersPerClass + GeneratedDataset.ClusterOf(options, n);
    }

    private static double Distance(Dataset data, int n, double[] mean)
    {
        double sum = 0;
        for (int i = 0; i < mean.Length; i++)
            sum += (data.Image(n)[i] - mean[i]) * (data.Image(n)[i] - mean[i]);
        return sum;
    }
}
