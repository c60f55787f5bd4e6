using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;
using Xunit;

namespace DdmNative.Attribution.Tests.Matching;

public sealed class SynsetTests : IDisposable
{
    private static readonly ImageShape Image = new(2, 1, 2);

    private readonly string _folder = Directory.CreateTempSubdirectory("synset").FullName;

    [Fact]
    public void Synset_comes_back_from_its_file_as_it_was()
    {
        var synset = new Synset(Image, 3, [.. Enumerable.Range(0, 16).Select(i => i / 7f)],
            [.. Enumerable.Range(0, 12).Select(i => 1f - i)], [0, 0, 1, 1]);
        string path = Path.Combine(_folder, "synset.safetensors");
        SynsetFile.Write(path, synset, new Dictionary<string, string> { ["form"] = "forward" });
        Synset read = SynsetFile.Read(path);
        Assert.Equal(synset.Image, read.Image);
        Assert.Equal(synset.Classes, read.Classes);
        Assert.Equal(synset.Images, read.Images);
        Assert.Equal(synset.Labels, read.Labels);
        Assert.Equal(synset.Groups, read.Groups);
        Assert.Equal((2, 2), (read.GroupCount, read.PerGroup));
    }

    [Fact]
    public void File_with_unsorted_groups_is_refused_by_name()
    {
        string path = Path.Combine(_folder, "unsorted.safetensors");
        Safetensors.Write(
            path, [new NamedTensor("images", [2, 2, 1, 2], new float[8]), new NamedTensor("labels", [2, 3], new float[6])],
            [new NamedIntegers("groups", [2], [1, 0])]);
        var refusal = Assert.Throws<BadInputException>(() => SynsetFile.Read(path));
        Assert.Equal(path, refusal.File);
        Assert.Equal("groups", refusal.Field);
    }

    [Fact]
    public void File_with_labels_of_another_count_is_refused_by_name()
    {
        string path = Path.Combine(_folder, "labels.safetensors");
        Safetensors.Write(
            path, [new NamedTensor("images", [2, 2, 1, 2], new float[8]), new NamedTensor("labels", [3, 3], new float[9])],
            [new NamedIntegers("groups", [2], [0, 1])]);
        Assert.Contains("labels", Assert.Throws<BadInputException>(() => SynsetFile.Read(path)).Field, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 0, 1, 1 })]
    [InlineData(new[] { 1, 1, 2 })]
    [InlineData(new[] { 0, 2, 1 })]
    [InlineData(new[] { -1, -1, -1 })]
    public void Groups_must_be_sorted_with_as_many_images_each(int[] groups)
        => Assert.Throws<ArgumentException>(() => new Synset(Image, 3, new float[12], new float[9], groups));

    [Fact]
    public void Start_from_real_samples_copies_them_with_one_hot_labels()
    {
        var start = new SynsetStart(Image, 3, [.. Enumerable.Range(0, 12).Select(i => (float)i)], [2, 0, 1]);
        Synset synset = start.Nearest([2, 0], 1);
        Assert.Equal([8, 9, 10, 11, 0, 1, 2, 3], synset.Images);
        Assert.Equal([0, 1, 0, 0, 0, 1], synset.Labels);
        Assert.True(synset.HasHardLabels);
        Assert.Throws<ArgumentException>(() => start.Nearest([0, 3], 1));
        Assert.Throws<ArgumentException>(() => start.Nearest([0, 1, 2], 2));
    }

    [Fact]
    public void Start_from_means_averages_images_and_labels()
    {
        var start = new SynsetStart(Image, 3, [.. Enumerable.Range(0, 12).Select(i => (float)i)], [2, 0, 1]);
        Synset synset = start.Means([[0, 1]], 1);
        Assert.Equal([2, 3, 4, 5], synset.Images);
        Assert.Equal([0.5f, 0, 0.5f], synset.Labels);
        Assert.False(synset.HasHardLabels);
        Assert.Throws<ArgumentException>(() => start.Means([[]], 1));
    }

    [Fact]
    public void Noise_is_standard_normal_and_the_seed_decides_it()
    {
        var labelled = new Synset(new ImageShape(1, 50, 50), 2, new float[5000], [1, 0, 0, 1], [0, 1]);
        Synset noise = SynsetStart.Noise(labelled, 3);
        double mean = noise.Images.Average();
        double variance = noise.Images.Average(x => (x - mean) * (x - mean));
        Assert.InRange(mean, -0.05, 0.05);
        Assert.InRange(variance, 0.9, 1.1);
        Assert.Equal(labelled.Labels, noise.Labels);
        Assert.Equal(noise.Images, SynsetStart.Noise(labelled, 3).Images);
        Assert.NotEqual(noise.Images, SynsetStart.Noise(labelled, 4).Images);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
