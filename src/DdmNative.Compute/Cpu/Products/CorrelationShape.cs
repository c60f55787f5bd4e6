using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// What a convolution and its transpose have in common: slide a k × k window over an image with a zero border. The transpose turns the filter
/// upside down, swaps its channels, and pads by what the convolution left off.
/// </summary>
internal readonly record struct CorrelationShape(
    int InputChannels, int InputHeight, int InputWidth, int OutputChannels, int OutputHeight, int OutputWidth, int KernelSize, int Padding, bool IsTransposed)
{
    public int PaddedHeight => InputHeight + 2 * Padding;

    public int PaddedWidth => InputWidth + 2 * Padding;

    /// <summary>Flops of one sample in the plain form; borders count like the inside.</summary>
    public double Flops => 2.0 * Taps * InputChannels * OutputChannels * OutputHeight * OutputWidth;

    public int Taps => KernelSize * KernelSize;

    public static CorrelationShape Forward(ConvolutionShape s)
        => new(s.InputChannels, s.Height, s.Width, s.OutputChannels, s.OutputHeight, s.OutputWidth, s.KernelSize, s.Padding, IsTransposed: false);

    public static CorrelationShape BackwardData(ConvolutionShape s)
        => new(s.OutputChannels, s.OutputHeight, s.OutputWidth, s.InputChannels, s.Height, s.Width, s.KernelSize, s.KernelSize - 1 - s.Padding, IsTransposed: true);
}
