namespace DdmNative.Compute.Contracts;

/// <summary>
/// The geometry of a square convolution: x [N, I, H, W] ∗ W [O, I, k, k], zero padding p and stride s, gives y [N, O, H′, W′] with H′ =
/// ⌊(H + 2p − k)/s⌋ + 1 and W′ = ⌊(W + 2p − k)/s⌋ + 1. The last rows and columns of x may be in no window.
/// </summary>
public readonly record struct ConvolutionShape
{
    /// <exception cref="ArgumentOutOfRangeException">An extent or the stride is below one, the padding is not in 0..k−1, or the filter
    /// does not fit the image.</exception>
    public ConvolutionShape(int inputChannels, int outputChannels, int height, int width, int kernelSize, int padding, int stride = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(kernelSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(padding);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(padding, kernelSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(height + 2 * padding, kernelSize, nameof(height));
        ArgumentOutOfRangeException.ThrowIfLessThan(width + 2 * padding, kernelSize, nameof(width));
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        (InputChannels, OutputChannels, Height, Width, KernelSize, Padding, Stride) = (inputChannels, outputChannels, height, width,
            kernelSize, padding, stride);
    }

    public int InputChannels { get; }

    public int OutputChannels { get; }

    /// <summary>Rows of the input image.</summary>
    public int Height { get; }

    /// <summary>Columns of the input image.</summary>
    public int Width { get; }

    public int KernelSize { get; }

    public int Padding { get; }

    /// <summary>Rows, and columns, of the image from one window to the next.</summary>
    public int Stride { get; }

    public int OutputHeight => (Height + 2 * Padding - KernelSize) / Stride + 1;

    public int OutputWidth => (Width + 2 * Padding - KernelSize) / Stride + 1;

    /// <summary>Parameters of the filter bank: O·I·k·k.</summary>
    public int FilterLength => OutputChannels * InputChannels * KernelSize * KernelSize;

    /// <summary>Multiply–adds of one forward pass over one image.</summary>
    public long MultiplyAdds => (long)OutputHeight * OutputWidth * FilterLength;
}
