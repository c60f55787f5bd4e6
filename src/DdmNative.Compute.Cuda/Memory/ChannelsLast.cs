namespace DdmNative.Compute.Cuda.Memory;

/// <summary>
/// Converts between the interface's row-major <c>[C, H, W]</c> and the device's <c>[H, W, C]</c>, for any run of floats in the device's
/// order.
/// </summary>
internal static class ChannelsLast
{
    /// <summary>Whether both orders are the same, because there is one channel or one pixel.</summary>
    public static bool IsPlain(TensorShape shape) => shape.Channels == 1 || shape.Height * shape.Width == 1;

    /// <summary>
    /// Fills <paramref name="piece"/>, which begins <paramref name="start"/> floats into the device's order, from the whole row-major
    /// tensor.
    /// </summary>
    public static void FromRowMajor(TensorShape shape, ReadOnlySpan<float> values, long start, Span<float> piece)
    {
        int pixels = shape.Height * shape.Width;
        for (int at = 0; at < piece.Length;)
        {
            (long rowMajor, int count) = Pixel(shape, start + at, piece.Length - at);
            int source = checked((int)rowMajor);
            for (int c = 0; c < count; c++)
                piece[at + c] = values[source + c * pixels];
            at += count;
        }
    }

    /// <summary>
    /// Puts <paramref name="piece"/>, which begins <paramref name="start"/> floats into the device's order, in its places in the whole
    /// row-major tensor.
    /// </summary>
    public static void ToRowMajor(TensorShape shape, ReadOnlySpan<float> piece, long start, Span<float> values)
    {
        int pixels = shape.Height * shape.Width;
        for (int at = 0; at < piece.Length;)
        {
            (long rowMajor, int count) = Pixel(shape, start + at, piece.Length - at);
            int target = checked((int)rowMajor);
            for (int c = 0; c < count; c++)
                values[target + c * pixels] = piece[at + c];
            at += count;
        }
    }

    /// <summary>
    /// The row-major index of the float at a position of the device's order, and how many channels of its pixel follow (itself included,
    /// <paramref name="most"/> at most), each as many floats on as an image has pixels.
    /// </summary>
    internal static (long RowMajor, int Channels) Pixel(TensorShape shape, long position, int most)
    {
        (int channels, int pixels) = (shape.Channels, shape.Height * shape.Width);
        (long sample, long within) = Math.DivRem(position, shape.SampleLength);
        (int pixel, int channel) = Math.DivRem((int)within, channels);
        return ((sample * channels + channel) * pixels + pixel, Math.Min(channels - channel, most));
    }
}
