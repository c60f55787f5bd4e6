namespace DdmNative.Compute.Cpu;

/// <summary>Layouts of an image in which a window's floats are consecutive. All images are channels last.</summary>
internal static unsafe class PaddedImage
{
    /// <summary>
    /// Copies [H, W, C] to row and column <paramref name="padding"/> of [paddedHeight, paddedWidth, stride] and clears the same channels of
    /// the border. With a stride above C, one pixel holds several images (or the caller clears the rest of the pixel).
    /// </summary>
    public static void Pad(float* image, int height, int width, int channels, int padding, float* padded, int paddedHeight, int paddedWidth,
        int stride)
    {
        for (int row = 0; row < paddedHeight; row++)
        {
            float* target = padded + (long)row * paddedWidth * stride;
            int source = row - padding;
            if (source < 0 || source >= height)
            {
                ClearPixels(target, paddedWidth, stride, channels);
                continue;
            }
            ClearPixels(target, padding, stride, channels);
            CopyPixels(image + (long)source * width * channels, target + (long)padding * stride, width, stride, channels);
            ClearPixels(target + (long)(padding + width) * stride, paddedWidth - padding - width, stride, channels);
        }
    }

    private static void ClearPixels(float* target, int pixels, int stride, int channels)
    {
        if (stride == channels)
        {
            new Span<float>(target, pixels * channels).Clear();
            return;
        }
        for (int i = 0; i < pixels; i++)
            new Span<float>(target + (long)i * stride, channels).Clear();
    }

    private static void CopyPixels(float* source, float* target, int pixels, int stride, int channels)
    {
        if (stride == channels)
        {
            new ReadOnlySpan<float>(source, pixels * channels).CopyTo(new Span<float>(target, pixels * channels));
            return;
        }
        for (int i = 0; i < pixels; i++)
            new ReadOnlySpan<float>(source + (long)i * channels, channels).CopyTo(new Span<float>(target + (long)i * stride, channels));
    }
}
