using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Datasets;

public class DatasetTests
{
    private static readonly Dataset Data = new("toy", [.. Enumerable.Range(0, 40).Select(i => (float)i)], [0, 1, 0, 1, 0, 1, 0, 1, 0, 0], 1,
        2, 2, 2);

    [Fact]
    public void An_image_is_its_slice() => Assert.Equal([12, 13, 14, 15], Data.Image(3).ToArray());

    [Fact]
    public void Selected_samples_keep_pixels_labels_and_source_numbers_through_two_selections()
    {
        Dataset twice = Data.Select([9, 3, 5]).Select([2, 0]);
        Assert.Equal([5, 9], twice.SourceIndices);
        Assert.Equal(10, twice.SourceCount);
        Assert.Equal([1, 0], twice.Labels);
        Assert.Equal([20, 21, 22, 23, 36, 37, 38, 39], twice.Images);
    }

    [Fact]
    public void A_subset_per_class_is_balanced_in_order_and_part_of_a_larger_one()
    {
        Dataset small = Data.PerClassSubset(2, seed: 7), large = Data.PerClassSubset(4, seed: 7);
        Assert.Equal([2, 2], small.Labels.CountBy(label => label).OrderBy(pair => pair.Key).Select(pair => pair.Value));
        Assert.Equal(small.SourceIndices.Order(), small.SourceIndices);
        Assert.Subset(large.SourceIndices.ToHashSet(), small.SourceIndices.ToHashSet());
    }

    [Fact]
    public void Subsets_depend_on_the_seed_alone()
    {
        Assert.Equal(Data.PerClassSubset(2, 1).SourceIndices, Data.PerClassSubset(2, 1).SourceIndices);
        Assert.True(Enumerable.Range(0, 20).Select(seed => string.Join(",", Data.PerClassSubset(2, (ulong)seed).SourceIndices)).Distinct()
            .Count() > 5);
    }

    [Fact]
    public void A_class_with_too_few_samples_is_named()
    {
        var error = Assert.Throws<BadInputException>(() => Data.PerClassSubset(5, 1));
        Assert.Equal("class 1", error.Field);
        Assert.Contains("found 4 samples, expected at least 5", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Contradictory_parts_make_no_dataset()
    {
        Assert.Throws<ArgumentException>(() => new Dataset("toy", new float[5], [0], 1, 2, 2, 2));
        Assert.Throws<ArgumentException>(() => new Dataset("toy", new float[4], [2], 1, 2, 2, 2));
        Assert.Throws<ArgumentException>(() => new Dataset("toy", new float[4], [-1], 1, 2, 2, 2));
        Assert.Throws<ArgumentException>(() => new Dataset("toy", [], [], 1, 0, 2, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Data.Select([10]));
    }
}
