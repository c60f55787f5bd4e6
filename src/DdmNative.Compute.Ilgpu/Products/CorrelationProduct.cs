using DdmNative.Compute.Contracts;
using ILGPU;

namespace DdmNative.Compute.Ilgpu.Products;

/// <summary>
/// y = W∗x as a product: rows are channels of y, columns its pixels (sample, row, column), the contraction is (channel of x, ky, kx). Backward data is the same with the filter turned: rows are
/// input channels, the contraction runs over output channels, and a tap is read from the other end.
/// </summary>
internal struct CorrelationProduct : IProduct
{
    private ProductExtents extents;
    private Operand filter0;
    private Operand filter1;
    private Operand image0;
    private Operand image1;
    private Divisor taps;
    private Divisor kernelSize;
    private Divisor resultPixels;
    private Divisor resultWidth;
    private int filterRow;
    private int filterChannel;
    private int firstTap;
    private int tapStep;
    private int imageChannels;
    private int resultChannels;
    private int padding;

    /// <param name="shape">The convolution.</param>
    /// <param name="isForward">Or backward data.</param>
    /// <param name="extents">What the product has beyond the geometry: sources, result, bias.</param>
    /// <param name="images">x or δ of the sources.</param>
    /// <param name="filters">The filters of the sources; the second is the first again where there is one.</param>
    public CorrelationProduct(ConvolutionShape shape, bool isForward, ProductExtents extents, (Operand First, Operand Second) images, (Operand First, Operand Second) filters)
    {
        this.extents = extents;
        (image0, image1) = images;
        (filter0, filter1) = filters;
        int size = shape.KernelSize * shape.KernelSize;
        (taps, kernelSize) = (new Divisor(size), new Divisor(shape.KernelSize));
        (filterRow, filterChannel, firstTap, tapStep) = isForward ? (shape.InputChannels * size, size, 0, 1) : (size, shape.InputChannels * size, size - 1, -1);
        (imageChannels, resultChannels) = isForward ? (shape.InputChannels, shape.OutputChannels) : (shape.OutputChannels, shape.InputChannels);
        (int height, int width) = isForward ? (shape.OutputHeight, shape.OutputWidth) : (shape.Height, shape.Width);
        (resultPixels, resultWidth) = (new Divisor(height * width), new Divisor(width));
        padding = isForward ? shape.Padding : shape.KernelSize - 1 - shape.Padding;
    }

    public readonly ProductExtents Extents => extents;

    public readonly bool LeftRunsAlongDepth => true;

    public readonly bool RightRunsAlongDepth => false;

    /// <summary>The extents of the product of <paramref name="samples"/> images; the rest is the caller's.</summary>
    public static ProductExtents ExtentsOf(ConvolutionShape shape, bool isForward, int samples) => isForward
        ? new()
        {
            Rows = shape.OutputChannels, Columns = samples * shape.OutputHeight * shape.OutputWidth, Depth = shape.InputChannels * shape.KernelSize * shape.KernelSize,
            Height = shape.Height, Width = shape.Width, ResultRow = shape.OutputHeight * shape.OutputWidth,
        }
        : new()
        {
            Rows = shape.InputChannels, Columns = samples * shape.Height * shape.Width, Depth = shape.OutputChannels * shape.KernelSize * shape.KernelSize,
            Height = shape.OutputHeight, Width = shape.OutputWidth, ResultRow = shape.Height * shape.Width,
        };

    public readonly ArrayView<float> Left(int source, int member) => source == 0 ? filter0.Of(member) : filter1.Of(member);

    public readonly ArrayView<float> Right(int source, int member) => source == 0 ? image0.Of(member) : image1.Of(member);

    public readonly Place LeftRow(int row) => new(row * filterRow, 0, 0);

    public readonly Place LeftDepth(int depth)
    {
        int channel = taps.Quotient(depth);
        return new(channel * filterChannel + firstTap + tapStep * (depth - channel * taps.Value), 0, 0);
    }

    public readonly Place RightDepth(int depth)
    {
        int channel = taps.Quotient(depth), tap = depth - channel * taps.Value;
        int y = kernelSize.Quotient(tap), x = tap - y * kernelSize.Value;
        return new((channel * extents.Height + y) * extents.Width + x, y, x);
    }

    public readonly Place RightColumn(int column)
    {
        int sample = resultPixels.Quotient(column), pixel = column - sample * resultPixels.Value;
        int row = resultWidth.Quotient(pixel);
        int y = row - padding, x = pixel - row * resultWidth.Value - padding;
        return new((sample * imageChannels * extents.Height + y) * extents.Width + x, y, x);
    }

    public readonly int ResultColumn(int column)
    {
        int sample = resultPixels.Quotient(column);
        return column + sample * (resultChannels - 1) * resultPixels.Value;
    }
}
