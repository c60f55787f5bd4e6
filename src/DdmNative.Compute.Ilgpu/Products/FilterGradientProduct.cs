using DdmNative.Compute.Contracts;
using ILGPU;

namespace DdmNative.Compute.Ilgpu.Products;

/// <summary>δW = Σₙ δ⋆x as a product: rows are output channels, columns (input channel, ky, kx), which is the filter's own order, and the contraction runs over the pixels of δ (sample, row, column).</summary>
internal struct FilterGradientProduct : IProduct
{
    private ProductExtents extents;
    private Operand cotangent0;
    private Operand cotangent1;
    private Operand image0;
    private Operand image1;
    private Divisor taps;
    private Divisor kernelSize;
    private Divisor pixels;
    private Divisor pixelsWidth;
    private int inputChannels;
    private int outputChannels;
    private int padding;

    /// <param name="shape">The convolution.</param>
    /// <param name="extents">What the product has beyond the geometry: sources, result.</param>
    /// <param name="cotangents">δ̇ or δ of the sources.</param>
    /// <param name="images">x or ẋ of the sources.</param>
    public FilterGradientProduct(ConvolutionShape shape, ProductExtents extents, (Operand First, Operand Second) cotangents, (Operand First, Operand Second) images)
    {
        this.extents = extents;
        (cotangent0, cotangent1) = cotangents;
        (image0, image1) = images;
        (taps, kernelSize) = (new Divisor(shape.KernelSize * shape.KernelSize), new Divisor(shape.KernelSize));
        (pixels, pixelsWidth) = (new Divisor(shape.OutputHeight * shape.OutputWidth), new Divisor(shape.OutputWidth));
        (inputChannels, outputChannels, padding) = (shape.InputChannels, shape.OutputChannels, shape.Padding);
    }

    public readonly ProductExtents Extents => extents;

    public readonly bool LeftRunsAlongDepth => true;

    public readonly bool RightRunsAlongDepth => true;

    /// <summary>The extents of the product of <paramref name="samples"/> images; the rest is the caller's.</summary>
    public static ProductExtents ExtentsOf(ConvolutionShape shape, int samples)
    {
        int columns = shape.InputChannels * shape.KernelSize * shape.KernelSize;
        return new()
        {
            Rows = shape.OutputChannels, Columns = columns, Depth = samples * shape.OutputHeight * shape.OutputWidth, Height = shape.Height, Width = shape.Width, ResultRow = columns,
        };
    }

    public readonly ArrayView<float> Left(int source, int member) => source == 0 ? cotangent0.Of(member) : cotangent1.Of(member);

    public readonly ArrayView<float> Right(int source, int member) => source == 0 ? image0.Of(member) : image1.Of(member);

    public readonly Place LeftRow(int row) => new(row * pixels.Value, 0, 0);

    public readonly Place LeftDepth(int depth) => new(depth + pixels.Quotient(depth) * (outputChannels - 1) * pixels.Value, 0, 0);

    public readonly Place RightDepth(int depth)
    {
        int sample = pixels.Quotient(depth), pixel = depth - sample * pixels.Value;
        int row = pixelsWidth.Quotient(pixel);
        int y = row - padding, x = pixel - row * pixelsWidth.Value - padding;
        return new((sample * inputChannels * extents.Height + y) * extents.Width + x, y, x);
    }

    public readonly Place RightColumn(int column)
    {
        int channel = taps.Quotient(column), tap = column - channel * taps.Value;
        int y = kernelSize.Quotient(tap), x = tap - y * kernelSize.Value;
        return new((channel * extents.Height + y) * extents.Width + x, y, x);
    }

    public readonly int ResultColumn(int column) => column;
}
