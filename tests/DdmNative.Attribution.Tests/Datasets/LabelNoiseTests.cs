using DdmNative.Attribution.Datasets;
using Xunit;

namespace DdmNative.Attribution.Tests.Datasets;

public sealed class LabelNoiseTests
{
    private readonly Dataset _data = GeneratedDataset.Make(
        new GeneratedOptions { Classes = 5, PerClass = 200, TestPerClass = 1, Size = 4 }).Train;

    [Fact]
    public void So_many_labels_are_wrong_and_all_others_are_as_they_were()
    {
        (Dataset noisy, bool[] planted) = LabelNoise.Plant(_data, 0.1, seed: 3);

        Assert.Equal(100, planted.Count(mark => mark));
        for (int n = 0; n < _data.Count; n++)
            Assert.Equal(planted[n], noisy.Labels[n] != _data.Labels[n]);
        Assert.Same(_data.Images, noisy.Images);
        Assert.Equal(_data.SourceIndices, noisy.SourceIndices);
    }

    [Fact]
    public void The_seed_decides_which()
    {
        (Dataset one, bool[] planted) = LabelNoise.Plant(_data, 0.2, seed: 3);

        Assert.Equal(one.Labels, LabelNoise.Plant(_data, 0.2, seed: 3).Data.Labels);
        Assert.NotEqual(planted, LabelNoise.Plant(_data, 0.2, seed: 4).Planted);
    }

    [Fact]
    public void Less_noise_is_part_of_more()
    {
        (Dataset less, bool[] few) = LabelNoise.Plant(_data, 0.1, seed: 3);
        (Dataset more, bool[] many) = LabelNoise.Plant(_data, 0.3, seed: 3);

        Assert.All(Enumerable.Range(0, _data.Count).Where(n => few[n]), n => Assert.True(many[n] && less.Labels[n] == more.Labels[n]));
    }

    [Fact]
    public void Every_other_class_is_equally_likely()
    {
        int[] moves = new int[5];
        (Dataset noisy, bool[] planted) = LabelNoise.Plant(_data, 1, seed: 9);
        Assert.All(planted, Assert.True);
        for (int n = 0; n < _data.Count; n++)
            moves[(noisy.Labels[n] - _data.Labels[n] + 5) % 5]++;

        // 1000 draws of four: 250 each, standard deviation 14.
        Assert.Equal(0, moves[0]);
        Assert.All(moves[1..], count => Assert.InRange(count, 180, 320));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void A_share_that_is_none_is_refused(double share)
    => Assert.Throws<ArgumentOutOfRangeException>(() => LabelNoise.Plant(_data, share, seed: 1));
}
