using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;

namespace DdmNative.Runs.Reports;

/// <summary>A grid of images of a dataset, as one picture of a report.</summary>
internal sealed class ImageSheet
{
    private readonly Dataset _data;
    private readonly Normalization _normalization;
    private readonly PixelRange _range;
    private readonly Picture _picture;
    private readonly int _shrink;

    /// <param name="data">The dataset, which determines size and channels.</param>
    /// <param name="normalization">The normalisation of the images.</param>
    /// <param name="range">The values of black and white.</param>
    /// <param name="rows">The rows of the grid.</param>
    /// <param name="columns">The columns of the grid.</param>
    /// <param name="shrink">The side of the square of pixels that is averaged into one pixel of the picture.</param>
    public ImageSheet(Dataset data, Normalization normalization, PixelRange range, int rows, int columns, int shrink)
    {
        (_data, _normalization, _range, _shrink) = (data, normalization, range, shrink);
        _picture = new Picture(rows * (data.Height / shrink), columns * (data.Width / shrink), data.Channels);
    }

    /// <summary>Draws a normalised image [C, H, W] in a cell.</summary>
    public void Draw(ReadOnlySpan<float> image, int row, int column)
    {
        float[] pixels = [.. image];
        _normalization.Invert(pixels, _data.Channels, _data.Height * _data.Width);
        _range.ToUnit(pixels);
        _picture.Draw(pixels, _data.Height, _data.Width, row * (_data.Height / _shrink), column * (_data.Width / _shrink), _shrink);
    }

    /// <summary>The picture as a <c>data:</c> URI.</summary>
    public string ToUri()
    {
        using var stream = new MemoryStream();
        PngWriter.Write(stream, _picture.Pixels, _picture.Height, _picture.Width, _picture.Channels);
        return "data:image/png;base64," + Convert.ToBase64String(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
