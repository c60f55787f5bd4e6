namespace DdmNative.Attribution.Datasets;

/// <summary>One image's pixels.</summary>
/// <param name="Width">W.</param>
/// <param name="Height">H.</param>
/// <param name="Planes">Red, green and blue, [3, H, W].</param>
internal sealed record DecodedImage(int Width, int Height, byte[] Planes)
{
    /// <summary>Whether red, green and blue are the same in every pixel.</summary>
    public bool Colourless
    {
        get
        {
            ReadOnlySpan<byte> red = Planes.AsSpan(0, Width * Height);
            return red.SequenceEqual(Planes.AsSpan(red.Length, red.Length)) && red.SequenceEqual(Planes.AsSpan(2 * red.Length));
        }
    }

    /// <summary>Converts pixels that have three or more bytes, the first three being red, green and blue.</summary>
    public static DecodedImage FromInterleaved(int width, int height, ReadOnlySpan<byte> pixels, int bytesPerPixel)
    {
        int plane = width * height;
        var planes = new byte[3 * plane];
        for (int i = 0; i < plane; i++)
            for (int c = 0; c < 3; c++)
                planes[c * plane + i] = pixels[i * bytesPerPixel + c];
        return new DecodedImage(width, height, planes);
    }
}
