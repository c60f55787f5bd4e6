using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The geometry that a convolution and its transpose share: a k × k window slides over an image with a zero border. The transpose rotates
/// the filter by 180°, swaps its channels, and pads by k − 1 minus the convolution's padding; with a stride, cotangents are as many rows
/// apart (<see cref="StridePhase"/>).
/// </summary>
internal readonly record struct CorrelationShape(
    int InputChannels, int InputHeight, int InputWidth, int OutputChannels, int OutputHeight, int OutputWidth, int KernelSize, int Padding,
    bool IsTransposed, int Stride = 1)
{
    public int PaddedHeight => InputHeight + 2 * Padding;

    public int PaddedWidth => InputWidth + 2 * Padding;

    /// <summary>Flops of one sample in the plain form; borders count like the inside.</summary>
    public double Flops => 2.0 * ProductsOfWindow * Windows;

    /// <summary>Multiplications of a window in the plain form; set where this geometry is another form of a convolution.</summary>
    public double ProductsOfWindow
    {
        get => field > 0 ? field : (double)Taps * InputChannels * OutputChannels;
        init;
    }

    /// <summary>Positions of the convolution's window: its outputs' pixels.</summary>
    private int Windows => IsTransposed ? InputHeight * InputWidth : OutputHeight * OutputWidth;

    public int Taps => KernelSize * KernelSize;

    public static CorrelationShape Forward(ConvolutionShape s)
        => new(s.InputChannels, s.Height, s.Width, s.OutputChannels, s.OutputHeight, s.OutputWidth, s.KernelSize, s.Padding,
            IsTransposed: false, s.Stride);

    public static CorrelationShape BackwardData(ConvolutionShape s)
        => new(s.OutputChannels, s.OutputHeight, s.OutputWidth, s.InputChannels, s.Height, s.Width, s.KernelSize,
            s.KernelSize - 1 - s.Padding, IsTransposed: true, s.Stride);
}
