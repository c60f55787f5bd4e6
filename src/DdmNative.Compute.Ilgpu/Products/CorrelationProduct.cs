using DdmNative.Compute.Contracts;
using ILGPU;

namespace DdmNative.Compute.Ilgpu.Products;

/// <summary>
/// y = W∗x as a product: rows are channels of y, columns its pixels (sample, row, column), the contraction is (channel of x, ky, kx).
/// Backward data is the same with the filter rotated by 180°: rows are input channels, the contraction runs over output channels, and taps
/// are read in reverse order.
/// </summary>
internal struct CorrelationProduct : IProduct
{
    private ProductExtents _extents;
    private Operand _filter0;
    private Operand _filter1;
    private Operand _image0;
    private Operand _image1;
    private Divisor _taps;
    private Divisor _kernelSize;
    private Divisor _resultPixels;
    private Divisor _resultWidth;
    private int _filterRow;
    private int _filterChannel;
    private int _firstTap;
    private int _tapStep;
    private int _imageChannels;
    private int _resultChannels;
    private int _padding;

    /// <param name="shape">The convolution.</param>
    /// <param name="isForward">Whether it is the forward pass; otherwise backward data.</param>
    /// <param name="extents">The parts of the product besides the geometry: sources, result, bias.</param>
    /// <param name="images">x or δ of the sources.</param>
    /// <param name="filters">The filters of the sources; with one source, the second equals the first.</param>
    public CorrelationProduct(ConvolutionShape shape, bool isForward, ProductExtents extents, (Operand First, Operand Second) images,
        (Operand First, Operand Second) filters)
    {
        _extents = extents;
        (_image0, _image1) = images;
        (_filter0, _filter1) = filters;
        int size = shape.KernelSize * shape.KernelSize;
        (_taps, _kernelSize) = (new Divisor(size), new Divisor(shape.KernelSize));
        (_filterRow, _filterChannel, _firstTap, _tapStep) = isForward
            ? (shape.InputChannels * size, size, 0, 1) : (size, shape.InputChannels * size, size - 1, -1);
        (_imageChannels, _resultChannels) = isForward
            ? (shape.InputChannels, shape.OutputChannels) : (shape.OutputChannels, shape.InputChannels);
        (int height, int width) = isForward ? (shape.OutputHeight, shape.OutputWidth) : (shape.Height, shape.Width);
        (_resultPixels, _resultWidth) = (new Divisor(height * width), new Divisor(width));
        _padding = isForward ? shape.Padding : shape.KernelSize - 1 - shape.Padding;
    }

    public readonly ProductExtents Extents => _extents;

    public readonly bool LeftRunsAlongDepth => true;

    public readonly bool RightRunsAlongDepth => false;

    /// <summary>The extents of the product of <paramref name="samples"/> images; the caller sets the rest.</summary>
    public static ProductExtents ExtentsOf(ConvolutionShape shape, bool isForward, int samples) => isForward
        ? new()
        {
            Rows = shape.OutputChannels, Columns = samples * shape.OutputHeight * shape.OutputWidth,
            Depth = shape.InputChannels * shape.KernelSize * shape.KernelSize,
            Height = shape.Height, Width = shape.Width, ResultRow = shape.OutputHeight * shape.OutputWidth,
        }
        : new()
        {
            Rows = shape.InputChannels, Columns = samples * shape.Height * shape.Width,
            Depth = shape.OutputChannels * shape.KernelSize * shape.KernelSize,
            Height = shape.OutputHeight, Width = shape.OutputWidth, ResultRow = shape.Height * shape.Width,
        };

    public readonly ArrayView<float> Left(int source, int member) => source == 0 ? _filter0.View(member) : _filter1.View(member);

    public readonly ArrayView<float> Right(int source, int member) => source == 0 ? _image0.View(member) : _image1.View(member);

    public readonly Place LeftRow(int row) => new(row * _filterRow, 0, 0);

    public readonly Place LeftDepth(int depth)
    {
        int channel = _taps.Quotient(depth);
        return new(channel * _filterChannel + _firstTap + _tapStep * (depth - channel * _taps.Value), 0, 0);
    }

    public readonly Place RightDepth(int depth)
    {
        int channel = _taps.Quotient(depth), tap = depth - channel * _taps.Value;
        int y = _kernelSize.Quotient(tap), x = tap - y * _kernelSize.Value;
        return new((channel * _extents.Height + y) * _extents.Width + x, y, x);
    }

    public readonly Place RightColumn(int column)
    {
        int sample = _resultPixels.Quotient(column), pixel = column - sample * _resultPixels.Value;
        int row = _resultWidth.Quotient(pixel);
        int y = row - _padding, x = pixel - row * _resultWidth.Value - _padding;
        return new((sample * _imageChannels * _extents.Height + y) * _extents.Width + x, y, x);
    }

    public readonly int ResultColumn(int column)
    {
        int sample = _resultPixels.Quotient(column);
        return column + sample * (_resultChannels - 1) * _resultPixels.Value;
    }
}
