using System.Text.Json;
using DdmNative.Attribution.Datasets;
using Xunit;

namespace DdmNative.Attribution.Tests.Datasets;

public class NormalizationTests
{
    // Two images of two channels of two pixels; channel 1 is constant.
    private static readonly Dataset Data = new("toy", [0, 1, 0.3f, 0.3f, 2, 5, 0.3f, 0.3f], [0, 1], 2, 1, 2, 2);

    [Fact]
    public void Mean_and_deviation_are_those_of_each_channel_and_a_constant_one_is_not_divided()
    {
        Normalization measured = Normalization.From(Data);
        Assert.Equal(2, measured.Mean[0], 12);
        Assert.Equal(Math.Sqrt(3.5), measured.Std[0], 12);
        Assert.Equal(0.3f, measured.Mean[1], 12);
        Assert.Equal(1, measured.Std[1]);
    }

    [Fact]
    public void Applied_to_its_own_data_it_centres_and_scales_and_can_be_undone()
    {
        var measured = Normalization.From(Data);
        Dataset applied = measured.Apply(Data);
        Normalization after = Normalization.From(applied);
        Assert.Equal(0, after.Mean[0], 6);
        Assert.Equal(1, after.Std[0], 6);
        Assert.Equal([0f, 1f], Data.Image(0)[..2].ToArray()); // the original stays
        measured.Invert(applied.Images, 2, 2);
        Assert.All(applied.Images.Zip(Data.Images), pair => Assert.Equal(pair.Second, pair.First, 1e-6f));
    }

    [Theory]
    [InlineData(1e-8f)]
    [InlineData(1e-30f)]
    [InlineData(1e8f)]
    public void The_unit_of_the_pixels_does_not_matter(float unit)
    {
        var scaled = new Dataset("toy", [.. Data.Images.Select(x => x * unit)], Data.Labels, 2, 1, 2, 2);
        Dataset normal = Normalization.From(Data).Apply(Data), applied = Normalization.From(scaled).Apply(scaled);
        for (int n = 0; n < 2; n++)
            for (int i = 0; i < 2; i++)
                Assert.Equal(normal.Image(n)[i], applied.Image(n)[i], 1e-5f);
        Assert.Equal(1, Normalization.From(scaled).Std[1]); // what is constant stays so
    }

    [Fact]
    public void It_survives_json()
    {
        Normalization back = JsonSerializer.Deserialize<Normalization>(JsonSerializer.Serialize(Normalization.From(Data)))!;
        Assert.Equal(Normalization.From(Data).Mean, back.Mean);
        Assert.Equal(Normalization.From(Data).Std, back.Std);
    }

    [Fact]
    public void Values_that_would_spoil_pixels_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new Normalization([0], [0]));
        Assert.Throws<ArgumentException>(() => new Normalization([double.NaN], [1]));
        Assert.Throws<ArgumentException>(() => new Normalization([0, 0], [1]));
        Assert.Throws<ArgumentException>(() => new Normalization([], []));
        Assert.Throws<ArgumentException>(() => new Normalization([0], [1]).Apply(Data));
    }
}
