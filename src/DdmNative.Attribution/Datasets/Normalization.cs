using DdmNative.Attribution.Datasets.Rows;

namespace DdmNative.Attribution.Datasets;

/// <summary>
/// Per-channel standardisation x ↦ (x − mean) / std, measured on the training set, applied to every split and stored with the run.
/// </summary>
/// <param name="Mean">[C], in the unit of the pixels.</param>
/// <param name="Std">[C], the standard deviation over N·H·W pixels (population form); 1 for a channel that is constant.</param>
/// <exception cref="ArgumentException">The lengths differ or are zero, a mean is not finite, a deviation is not finite and
/// positive.</exception>
public sealed record Normalization(double[] Mean, double[] Std)
{
    /// <summary>[C], in the unit of the pixels.</summary>
    public double[] Mean { get; } = Mean is { Length: > 0 } && Mean.All(double.IsFinite)
        ? Mean
        : throw new ArgumentException("The means must be finite, one for each channel.", nameof(Mean));

    /// <summary>[C], positive.</summary>
    public double[] Std { get; } = Std is not null && Std.Length == Mean.Length && Std.All(s => double.IsFinite(s) && s > 0)
        ? Std
        : throw new ArgumentException("The standard deviations must be finite and positive, one for each mean.", nameof(Std));

    /// <summary>Whether it changes nothing.</summary>
    public bool IsIdentity => Array.TrueForAll(Mean, mean => mean == 0) && Array.TrueForAll(Std, std => std == 1);

    /// <summary>The one that changes nothing.</summary>
    public static Normalization Identity(int channels)
    {
        var std = new double[channels];
        Array.Fill(std, 1);
        return new Normalization(new double[channels], std);
    }

    /// <summary>
    /// Measures it on <paramref name="training"/>: sums are in float64 and in order, so the result does not depend on threads.
    /// </summary>
    /// <exception cref="ArgumentException">There are no samples.</exception>
    public static Normalization From(Dataset training)
    {
        ArgumentNullException.ThrowIfNull(training);
        if (training.Count == 0)
            throw new ArgumentException("No samples to measure.", nameof(training));
        int area = training.Height * training.Width;
        double pixels = (double)training.Count * area;
        var mean = new double[training.Channels];
        var std = new double[training.Channels];
        for (int c = 0; c < training.Channels; c++)
        {
            double sum = 0;
            for (int n = 0; n < training.Count; n++)
            {
                foreach (float x in training.Image(n).Slice(c * area, area))
                    sum += x;
            }

            // Use a second pass around the mean: the one-pass formula loses the digits of a nearly constant channel.
            mean[c] = sum / pixels;
            double squares = 0;
            for (int n = 0; n < training.Count; n++)
            {
                foreach (float x in training.Image(n).Slice(c * area, area))
                    squares += (x - mean[c]) * (x - mean[c]);
            }

            // Rounding makes a constant channel's deviation slightly positive. A deviation below a float's resolution at the mean is
            // treated as constant, whatever the unit of the pixels.
            double deviation = Math.Sqrt(squares / pixels);
            std[c] = deviation > 1e-7 * Math.Abs(mean[c]) ? deviation : 1;
        }

        return new Normalization(mean, std);
    }

    /// <summary>The normalised copy of a dataset; one that is read row by row is normalised as it is read.</summary>
    /// <exception cref="ArgumentException">It has another number of channels.</exception>
    public Dataset Apply(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.Rows.Values is not float[] values)
        {
            RequireChannels(data.Channels);
            return IsIdentity ? data : data.WithRows(new NormalizedRows(data.Rows, this, data.Channels));
        }

        var images = (float[])values.Clone();
        Apply(images, data.Channels, data.Height * data.Width);
        return data.WithRows(new ArrayRows(images, data.ImageSize));
    }

    /// <summary>Normalises images [N, C, area] in place.</summary>
    /// <exception cref="ArgumentException">The number of channels differs, or the images are incomplete.</exception>
    public void Apply(Span<float> images, int channels, int area)
        => Each(images, channels, area, static (x, mean, std) => (x - mean) / std);

    /// <summary>Reverses <see cref="Apply(Span{float}, int, int)"/> in place: back to pixels, e.g. to show a synset.</summary>
    /// <exception cref="ArgumentException">The number of channels differs, or the images are incomplete.</exception>
    public void Invert(Span<float> images, int channels, int area) => Each(images, channels, area, static (x, mean, std) => x * std + mean);

    private void RequireChannels(int channels)
    {
        if (channels != Mean.Length)
            throw new ArgumentException($"A normalisation of {Mean.Length} channels does not fit data of {channels}.");
    }

    private void Each(Span<float> images, int channels, int area, Func<double, double, double, double> map)
    {
        if (channels != Mean.Length || area <= 0 || images.Length % (channels * area) != 0)
            throw new ArgumentException(
                $"{images.Length} pixels of {channels} channels of {area} do not fit a normalisation of {Mean.Length} channels.");
        for (int plane = 0; plane * area < images.Length; plane++)
        {
            int c = plane % channels;
            foreach (ref float x in images.Slice(plane * area, area))
                x = (float)map(x, Mean[c], Std[c]);
        }
    }
}
