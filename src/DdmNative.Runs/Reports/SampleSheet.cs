using DdmNative.Attribution.Datasets;

namespace DdmNative.Runs.Reports;

/// <summary>
/// A picture with chosen samples of a dataset, row by row, which is at most so large: if they are many or large, each is shown smaller.
/// </summary>
internal sealed class SampleSheet
{
    private SampleSheet(int width, int height, int columns, string picture)
        => (Width, Height, Columns, Picture) = (width, height, columns, picture);

    /// <summary>The width of one sample, in pixels of the picture.</summary>
    public int Width { get; }

    /// <summary>The height of one sample, in pixels of the picture.</summary>
    public int Height { get; }

    /// <summary>The samples in each row.</summary>
    public int Columns { get; }

    /// <summary>The picture, as a <c>data:</c> URI.</summary>
    public string Picture { get; }

    /// <summary>Draws samples; null for features, which have no pictures, and for none.</summary>
    /// <param name="inputs">The run's data.</param>
    /// <param name="data">Its training or test set.</param>
    /// <param name="samples">Positions in the set.</param>
    /// <param name="mostBytes">The uncompressed size.</param>
    public static SampleSheet? Draw(RunInputs inputs, Dataset data, IReadOnlyList<int> samples, int mostBytes)
    {
        if (data.IsFeatures || samples.Count == 0)
            return null;
        int shrink = 1, channels = data.Channels == 3 ? 3 : 1;
        while ((long)samples.Count * (data.Width / shrink) * (data.Height / shrink) * channels > mostBytes
            && data.Width / (shrink + 1) > 0 && data.Height / (shrink + 1) > 0)
            shrink++;
        int columns = (int)Math.Ceiling(Math.Sqrt(samples.Count));
        var sheet = new ImageSheet(data, inputs.Normalization, inputs.Pixels, (samples.Count + columns - 1) / columns, columns, shrink);
        for (int i = 0; i < samples.Count; i++)
            sheet.Draw(data.Image(samples[i]), i / columns, i % columns);
        return new SampleSheet(data.Width / shrink, data.Height / shrink, columns, sheet.ToUri());
    }
}
