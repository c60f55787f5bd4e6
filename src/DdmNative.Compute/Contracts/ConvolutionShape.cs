namespace DdmNative.Compute.Contracts;

/// <summary>
/// The geometry of a stride-1 square convolution: x [N, I, H, W] ∗ W [O, I, k, k], zero padding p, gives y [N, O, H + 2p − k + 1, W + 2p −
/// k + 1].
/// </summary>
public readonly record struct ConvolutionShape
{
    /// <exception cref="ArgumentOutOfRangeException">An extent is below one, the padding is not in 0..k−1, or the filter does not fit the
    /// image.</exception>
    public ConvolutionShape(int inputChannels, int outputChannels, int height, int width, int kernelSize, int padding)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(kernelSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(padding);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(padding, kernelSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(height + 2 * padding, kernelSize, nameof(height));
        ArgumentOutOfRangeException.ThrowIfLessThan(width + 2 * padding, kernelSize, nameof(width));
        (InputChannels, OutputChannels, Height, Width, KernelSize, Padding) = (inputChannels, outputChannels, height, width, kernelSize,
            padding);
    }

    public int InputChannels { get; }

    public int OutputChannels { get; }

    /// <summary>Rows of the input image.</summary>
    public int Height { get; }

    /// <summary>Columns of the input image.</summary>
    public int Width { get; }

    public int KernelSize { get; }

    public int Padding { get; }

    public int OutputHeight => Height + 2 * Padding - KernelSize + 1;

    public int OutputWidth => Width + 2 * Padding - KernelSize + 1;

    /// <summary>Parameters of the filter bank: O·I·k·k.</summary>
    public int FilterLength => OutputChannels * InputChannels * KernelSize * KernelSize;

    /// <summary>Multiply–adds of one forward pass over one image.</summary>
    public long MultiplyAdds => (long)OutputHeight * OutputWidth * FilterLength;
}
