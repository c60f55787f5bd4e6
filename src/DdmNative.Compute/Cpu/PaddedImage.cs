namespace DdmNative.Compute.Cpu;

/// <summary>Ways to lay out an image so that a window's floats are consecutive. All images are channels last.</summary>
internal static unsafe class PaddedImage
{
    /// <summary>
    /// Copies [H, W, C] into the middle of [H + 2p, W + 2p, stride], at channel <paramref name="firstChannel"/> of the wider pixel, and clears those
    /// channels of the border.
    /// </summary>
    public static void Pad(float* image, int height, int width, int channels, int padding, float* padded, int stride, int firstChannel)
    {
        int paddedWidth = width + 2 * padding;
        for (int row = 0; row < height + 2 * padding; row++)
        {
            float* target = padded + (long)row * paddedWidth * stride + firstChannel;
            int source = row - padding;
            if (source < 0 || source >= height)
            {
                ClearPixels(target, paddedWidth, stride, channels);
                continue;
            }
            ClearPixels(target, padding, stride, channels);
            CopyPixels(image + (long)source * width * channels, target + (long)padding * stride, width, stride, channels);
            ClearPixels(target + (long)(padding + width) * stride, padding, stride, channels);
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
