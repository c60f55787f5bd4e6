namespace DdmNative.Attribution.Formats;

/// <summary>A picture with 8 bits per channel, on which floating-point images are drawn, for <see cref="PngWriter"/>.</summary>
internal sealed class Picture
{
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="imageChannels">The channels of the images: three are drawn in colour; for any other number, the first is drawn in
    /// grey.</param>
    /// <param name="ground">The background.</param>
    public Picture(int height, int width, int imageChannels, byte ground = 0)
    {
        (Height, Width, Channels) = (height, width, imageChannels == 3 ? 3 : 1);
        Pixels = new byte[height * width * Channels];
        Array.Fill(Pixels, ground);
    }

    public int Height { get; }

    public int Width { get; }

    /// <summary>1 (grey) or 3 (RGB).</summary>
    public int Channels { get; }

    /// <summary>[Height, Width, Channels].</summary>
    public byte[] Pixels { get; }

    /// <summary>
    /// Draws an image [C, H, W] with values from 0 to 1; each pixel is the mean of a square with <paramref name="shrink"/> pixels per side.
    /// </summary>
    public void Draw(ReadOnlySpan<float> image, int imageHeight, int imageWidth, int top, int left, int shrink = 1)
    {
        for (int c = 0; c < Channels; c++)
            for (int y = 0; y < imageHeight / shrink; y++)
                for (int x = 0; x < imageWidth / shrink; x++)
                {
                    float sum = 0;
                    for (int i = 0; i < shrink; i++)
                        for (int j = 0; j < shrink; j++)
                            sum += image[(c * imageHeight + y * shrink + i) * imageWidth + x * shrink + j];
                    Pixels[((top + y) * Width + left + x) * Channels + c] = (byte)Math.Clamp(MathF.Round(sum / (shrink * shrink) * 255), 0,
                        255);
                }
    }

    /// <summary>The picture with each pixel as a square with <paramref name="zoom"/> pixels per side.</summary>
    public Picture Enlarge(int zoom)
    {
        if (zoom == 1)
            return this;
        var larger = new Picture(zoom * Height, zoom * Width, Channels);
        for (int y = 0; y < larger.Height; y++)
            for (int x = 0; x < larger.Width; x++)
                Pixels.AsSpan((y / zoom * Width + x / zoom) * Channels, Channels)
                    .CopyTo(larger.Pixels.AsSpan((y * larger.Width + x) * Channels));
        return larger;
    }
}
