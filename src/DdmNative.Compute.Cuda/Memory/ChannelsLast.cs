namespace DdmNative.Compute.Cuda.Memory;

/// <summary>Between the boundary's row-major <c>[C, H, W]</c> and the device's <c>[H, W, C]</c>, for any run of floats in the device's order.</summary>
internal static class ChannelsLast
{
    /// <summary>Whether both orders are the same, because there is one channel or one pixel.</summary>
    public static bool IsPlain(TensorShape shape) => shape.Channels == 1 || shape.Height * shape.Width == 1;

    /// <summary>Fills <paramref name="piece"/>, which begins <paramref name="start"/> floats into the device's order, from the whole row-major tensor.</summary>
    public static void FromRowMajor(TensorShape shape, ReadOnlySpan<float> values, int start, Span<float> piece)
    {
        (int channels, int pixels) = (shape.Channels, shape.Height * shape.Width);
        for (int at = 0; at < piece.Length;)
        {
            (int source, int count) = Pixel(channels, pixels, start + at, piece.Length - at);
            for (int c = 0; c < count; c++)
                piece[at + c] = values[source + c * pixels];
            at += count;
        }
    }

    /// <summary>Puts <paramref name="piece"/>, which begins <paramref name="start"/> floats into the device's order, in its places in the whole row-major tensor.</summary>
    public static void ToRowMajor(TensorShape shape, ReadOnlySpan<float> piece, int start, Span<float> values)
    {
        (int channels, int pixels) = (shape.Channels, shape.Height * shape.Width);
        for (int at = 0; at < piece.Length;)
        {
            (int target, int count) = Pixel(channels, pixels, start + at, piece.Length - at);
            for (int c = 0; c < count; c++)
                values[target + c * pixels] = piece[at + c];
            at += count;
        }
    }

    /// <summary>Where the float at a position of the device's order lies row-major, and how many channels of its pixel follow (itself included, <paramref name="most"/> at most).</summary>
    private static (int RowMajor, int Channels) Pixel(int channels, int pixels, int position, int most)
    {
        (int sample, int within) = Math.DivRem(position, channels * pixels);
        (int pixel, int channel) = Math.DivRem(within, channels);
        return ((sample * channels + channel) * pixels + pixel, Math.Min(channels - channel, most));
    }
}
