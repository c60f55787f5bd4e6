using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;

namespace DdmNative.Runs.Reports;

/// <summary>
/// <c>synset.png</c>: a band for each class with its name, in it the class's groups side by side, each with its images of the synset over
/// as many of its real images.
/// </summary>
internal sealed class SynsetPicture
{
    private const int Margin = 8, Gap = 10, Above = 4;

    /// <summary>The width beyond which groups continue in a further line of the band, in pixels of the file.</summary>
    private const int MostWidth = 1600;

    /// <summary>Narrower images are enlarged to about this width.</summary>
    private const int Wanted = 56;

    private const byte Ground = 32, Bright = 230, Dim = 150;

    private readonly Synset _synset;
    private readonly RunInputs _inputs;
    private readonly GroupTable _groups;

    // The side of a pixel of an image, and of one of a label.
    private readonly int _zoom, _scale;

    private SynsetPicture(Synset synset, RunInputs inputs, GroupTable groups)
    {
        (_synset, _inputs, _groups) = (synset, inputs, groups);
        _zoom = Math.Clamp(Wanted / synset.Image.Width, 1, 4);
        // Labels are enlarged together with the images, at the end.
        _scale = Math.Max(1, 2 / _zoom);
    }

    private int CellWidth => _synset.PerGroup * (_synset.Image.Width + 1) - 1;

    private int LabelHeight => PixelFont.Height * _scale + Above;

    private int LineHeight => LabelHeight + 2 * (_synset.Image.Height + 1) + Gap;

    private int PerLine => Math.Max(1, (MostWidth / _zoom - 2 * Margin + Gap) / (CellWidth + Gap));

    /// <summary>Draws the picture.</summary>
    public static Picture Draw(Synset synset, RunInputs inputs, GroupTable groups)
        => new SynsetPicture(synset, inputs, groups).Draw();

    private Picture Draw()
    {
        (int Class, int[][] Lines)[] bands = [.. Enumerable.Range(0, _groups.Count).GroupBy(g => _groups.ClassOf[g])
            .OrderBy(band => band.Key).Select(band => (band.Key, band.Chunk(PerLine).ToArray()))];
        int inLine = bands.Max(band => band.Lines.Max(line => line.Length));
        int width = Math.Max(2 * Margin + inLine * (CellWidth + Gap) - Gap,
            Math.Min(MostWidth / _zoom, bands.Max(band => 2 * Margin + PixelFont.WidthOf(NameOf(band.Class), _scale))));
        int height = Margin + bands.Sum(band => LabelHeight + band.Lines.Length * LineHeight);
        var picture = new Picture(height, width, _synset.Image.Channels, Ground);
        int top = Margin;
        foreach ((int of, int[][] lines) in bands)
        {
            PixelFont.Draw(picture, PixelFont.Fit(NameOf(of), width - 2 * Margin, _scale), top, Margin, _scale, Bright);
            top += LabelHeight;
            foreach (int[] line in lines)
            {
                foreach ((int i, int g) in line.Index())
                    DrawGroup(picture, g, top, Margin + i * (CellWidth + Gap));
                top += LineHeight;
            }
        }

        return picture.Enlarge(_zoom);
    }

    private void DrawGroup(Picture picture, int group, int top, int left)
    {
        string name = _groups.Names?[group] ?? $"group {group}";
        if (_groups.Names is null && PixelFont.WidthOf(name, _scale) > CellWidth)
            name = $"{group}";
        PixelFont.Draw(picture, PixelFont.Fit(name, CellWidth, _scale), top, left, _scale, Dim);
        top += LabelHeight;
        int[] members = _groups.Members(group);
        (int imageHeight, int imageWidth) = (_synset.Image.Height, _synset.Image.Width);
        for (int i = 0; i < _synset.PerGroup; i++)
        {
            int column = left + i * (imageWidth + 1);
            DrawImage(_synset.Images.AsSpan((group * _synset.PerGroup + i) * _synset.ImageLength, _synset.ImageLength), top, column);
            if (i < members.Length)
                DrawImage(_inputs.Train.Image(members[(int)((long)i * members.Length / Math.Min(_synset.PerGroup, members.Length))]),
                    top + imageHeight + 1, column);
        }

        void DrawImage(ReadOnlySpan<float> image, int row, int column)
        {
            float[] pixels = [.. image];
            _inputs.Normalization.Invert(pixels, _synset.Image.Channels, imageHeight * imageWidth);
            _inputs.Pixels.ToUnit(pixels);
            picture.Draw(pixels, imageHeight, imageWidth, row, column);
        }
    }

    private string NameOf(int ofClass) => _inputs.Train.ClassNames?[ofClass] ?? $"class {ofClass}";
}
