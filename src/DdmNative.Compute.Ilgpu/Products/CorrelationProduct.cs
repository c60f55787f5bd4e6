using DdmNative.Compute.Contracts;
using ILGPU;

namespace DdmNative.Compute.Ilgpu.Products;

/// <summary>
/// y = W∗x as a product: rows are channels of y, columns its pixels (sample, row, column), the contraction is (channel of x, ky, kx).
/// Backward data is the same with the filter rotated by 180°: rows are input channels, the contraction runs over output channels, and taps
/// are read in reverse order; with a stride, phase by phase (<see cref="CorrelationWindows"/>).
/// </summary>
internal struct CorrelationProduct : IProduct
{
    private ProductExtents _extents;
    private Operand _filter0;
    private Operand _filter1;
    private Operand _image0;
    private Operand _image1;
    private Divisor _taps;
    private Divisor _tapColumns;
    private Divisor _resultPixels;
    private Divisor _resultWidth;
    private int _filterRow;
    private int _filterChannel;
    private int _firstTap;
    private int _tapRow;
    private int _tapColumn;
    private int _imageChannels;
    private int _firstImageRow;
    private int _firstImageColumn;
    private int _imageStep;
    private int _resultLength;
    private int _firstPixel;
    private int _pixelRow;
    private int _pixelColumn;

    /// <param name="windows">The taps and pixels, and the convolution.</param>
    /// <param name="extents">The parts of the product besides the geometry: sources, result, bias.</param>
    /// <param name="images">x or δ of the sources.</param>
    /// <param name="filters">The filters of the sources; with one source, the second equals the first.</param>
    public CorrelationProduct(CorrelationWindows windows, ProductExtents extents, (Operand First, Operand Second) images,
        (Operand First, Operand Second) filters)
    {
        ConvolutionShape shape = windows.Shape;
        _extents = extents;
        (_image0, _image1) = images;
        (_filter0, _filter1) = filters;
        // A product without taps has no contraction that could be divided.
        _taps = new Divisor(Math.Max(1, windows.TapRows * windows.TapColumns));
        _tapColumns = new Divisor(Math.Max(1, windows.TapColumns));
        int size = shape.KernelSize * shape.KernelSize;
        (_filterRow, _filterChannel) = windows.IsForward ? (shape.InputChannels * size, size) : (size, shape.InputChannels * size);
        (_firstTap, _tapRow, _tapColumn) = windows.Taps;
        _imageChannels = windows.IsForward ? shape.InputChannels : shape.OutputChannels;
        _resultLength = windows.IsForward
            ? shape.OutputChannels * shape.OutputHeight * shape.OutputWidth : shape.InputChannels * shape.Height * shape.Width;
        (_resultPixels, _resultWidth) = (new Divisor(windows.Count.Rows * windows.Count.Columns), new Divisor(windows.Count.Columns));
        (_firstImageRow, _firstImageColumn, _imageStep) = windows.Images;
        (_firstPixel, _pixelRow, _pixelColumn) = windows.Results;
    }

    public readonly ProductExtents Extents => _extents;

    public readonly bool LeftRunsAlongDepth => true;

    public readonly bool RightRunsAlongDepth => false;

    /// <summary>The extents of the product of <paramref name="samples"/> images; the caller sets the rest.</summary>
    public static ProductExtents ExtentsOf(CorrelationWindows windows, int samples)
    {
        ConvolutionShape shape = windows.Shape;
        int columns = samples * windows.Count.Rows * windows.Count.Columns, taps = windows.TapRows * windows.TapColumns;
        return windows.IsForward
            ? new()
            {
                Rows = shape.OutputChannels, Columns = columns, Depth = shape.InputChannels * taps,
                Height = shape.Height, Width = shape.Width, ResultRow = shape.OutputHeight * shape.OutputWidth,
            }
            : new()
            {
                Rows = shape.InputChannels, Columns = columns, Depth = shape.OutputChannels * taps,
                Height = shape.OutputHeight, Width = shape.OutputWidth, ResultRow = shape.Height * shape.Width,
            };
    }

    public readonly ArrayView<float> Left(int source, int member) => source == 0 ? _filter0.View(member) : _filter1.View(member);

    public readonly ArrayView<float> Right(int source, int member) => source == 0 ? _image0.View(member) : _image1.View(member);

    public readonly Place LeftRow(int row) => new(row * _filterRow, 0, 0);

    public readonly Place LeftDepth(int depth)
    {
        int channel = _taps.Quotient(depth), tap = depth - channel * _taps.Value;
        int y = _tapColumns.Quotient(tap), x = tap - y * _tapColumns.Value;
        return new(channel * _filterChannel + _firstTap + y * _tapRow + x * _tapColumn, 0, 0);
    }

    public readonly Place RightDepth(int depth)
    {
        int channel = _taps.Quotient(depth), tap = depth - channel * _taps.Value;
        int y = _tapColumns.Quotient(tap), x = tap - y * _tapColumns.Value;
        return new((channel * _extents.Height + y) * _extents.Width + x, y, x);
    }

    public readonly Place RightColumn(int column)
    {
        int sample = _resultPixels.Quotient(column), pixel = column - sample * _resultPixels.Value;
        int row = _resultWidth.Quotient(pixel);
        int y = row * _imageStep + _firstImageRow, x = (pixel - row * _resultWidth.Value) * _imageStep + _firstImageColumn;
        return new((sample * _imageChannels * _extents.Height + y) * _extents.Width + x, y, x);
    }

    public readonly int ResultColumn(int column)
    {
        int sample = _resultPixels.Quotient(column), pixel = column - sample * _resultPixels.Value;
        int row = _resultWidth.Quotient(pixel);
        return sample * _resultLength + _firstPixel + row * _pixelRow + (pixel - row * _resultWidth.Value) * _pixelColumn;
    }
}
