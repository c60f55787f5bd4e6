using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;

namespace DdmNative.Gallery;

/// <summary>A grid of images, each in a frame whose colour says what it is.</summary>
internal sealed class ImageSheet
{
    private const int Zoom = 2, Frame = 3, Gap = 3, White = 255;

    private readonly int _cellHeight, _cellWidth, _height, _width;
    private readonly byte[] _pixels;

    /// <param name="data">Determines the size of the images.</param>
    /// <param name="rows">The grid's rows.</param>
    /// <param name="columns">The grid's columns.</param>
    public ImageSheet(Dataset data, int rows, int columns)
    {
        (_cellHeight, _cellWidth) = (Zoom * data.Height + 2 * Frame + Gap, Zoom * data.Width + 2 * Frame + Gap);
        (_height, _width) = (rows * _cellHeight + Gap, columns * _cellWidth + Gap);
        _pixels = new byte[3 * _height * _width];
        Array.Fill(_pixels, (byte)White);
    }

    /// <summary>The colour of a good image, of a bad one, and of one that is neither.</summary>
    public static (byte R, byte G, byte B) Good { get; } = (44, 123, 182);

    public static (byte R, byte G, byte B) Bad { get; } = (215, 48, 39);

    public static (byte R, byte G, byte B) Neutral { get; } = (160, 160, 160);

    /// <summary>Draws image <paramref name="n"/> of one channel.</summary>
    public void Draw(Dataset data, int n, int row, int column, (byte R, byte G, byte B) frame)
    {
        ReadOnlySpan<float> image = data.Image(n);
        (int top, int left) = (Gap + row * _cellHeight, Gap + column * _cellWidth);
        (int height, int width) = (Zoom * data.Height + 2 * Frame, Zoom * data.Width + 2 * Frame);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                bool isFrame = y < Frame || x < Frame || y >= height - Frame || x >= width - Frame;
                byte grey = isFrame ? (byte)0 : (byte)Math.Round(255 * image[(y - Frame) / Zoom * data.Width + (x - Frame) / Zoom]);
                Set(top + y, left + x, isFrame ? frame : (grey, grey, grey));
            }
        }
    }

    public void Save(string path) => PngWriter.Save(path, _pixels, _height, _width, 3);

    private void Set(int y, int x, (byte R, byte G, byte B) colour)
        => (_pixels[3 * (y * _width + x)], _pixels[3 * (y * _width + x) + 1], _pixels[3 * (y * _width + x) + 2]) = colour;
}
