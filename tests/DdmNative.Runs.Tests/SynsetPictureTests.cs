using DdmNative.Attribution.Formats;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Reports;
using SkiaSharp;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>The picture of a synset: a band for each class, the synset over real images.</summary>
public sealed class SynsetPictureTests : IDisposable
{
    private readonly SmallRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void Each_class_has_a_band_with_its_groups_side_by_side()
    {
        _runs.Attribute("run", new JobAttribution { Methods = ["repair"], Objectives = ["loss"], Samples = "none" });

        NpzContents attribution = _runs.Read("run", "attribution.npz");
        int[] classes = attribution.Elements<int>("group_class");
        int bands = classes.Distinct().Count(), inBand = classes.GroupBy(c => c).Max(band => band.Count());
        SafetensorsContents synset = Safetensors.Read(_runs.PathOf("run", "synset.safetensors"));
        int perGroup = synset.Tensor("images", -1, -1, -1, -1).Shape[0] / classes.Length;
        using var picture = SKBitmap.Decode(_runs.PathOf("run", "synset.png"));
        // Images of eight pixels are enlarged four times, labels of five pixels with them.
        const int Zoom = 4, Margin = 8, Gap = 10, Label = 9, Images = 2 * 9;
        Assert.Equal(Zoom * (Margin + bands * (Label + Label + Images + Gap)), picture.Height);
        int cell = perGroup * 9 - 1, label = PixelFont.WidthOf("class 0", 1);
        Assert.Equal(Zoom * (2 * Margin + Math.Max(label, inBand * (cell + Gap) - Gap)), picture.Width);
        // The name of the first class begins with a C, whose corner is round.
        SKColor At(int x, int y) => picture.GetPixel(Zoom * x, Zoom * y);
        Assert.Equal((32, 230, 230), (At(Margin, Margin).Red, At(Margin + 1, Margin).Red, At(Margin, Margin + 1).Red));
    }

    [Theory]
    [InlineData("Shirt", 4 + 1 + 4 + 1 + 3 + 1 + 4 + 1 + 3)]
    [InlineData("é", 3)]
    [InlineData("a b", 4 + 1 + 2 + 1 + 4)]
    public void A_label_is_as_wide_as_its_characters(string text, int width)
    {
        Assert.Equal(width, PixelFont.WidthOf(text, 1));
        Assert.Equal(2 * width, PixelFont.WidthOf(text, 2));
        Assert.Equal(text, PixelFont.Fit(text, width, 1));
    }

    [Fact]
    public void A_label_that_is_too_long_is_shortened()
    {
        string fitted = PixelFont.Fit("Ankle boot", 30, 1);
        Assert.Equal("Ankle..", fitted);
        Assert.InRange(PixelFont.WidthOf(fitted, 1), 1, 30);
        Assert.Equal("", PixelFont.Fit("Ankle boot", 2, 1));
    }
}
