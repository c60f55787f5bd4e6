using DdmNative.Compute.Contracts;
using ILGPU;

namespace DdmNative.Compute.Ilgpu.Products;

/// <summary>
/// δW = Σₙ δ⋆x as a product: rows are output channels, columns (input channel, ky, kx), which is the filter's own order, and the
/// contraction runs over the pixels of δ (sample, row, column).
/// </summary>
internal struct FilterGradientProduct : IProduct
{
    private ProductExtents _extents;
    private Operand _cotangent0;
    private Operand _cotangent1;
    private Operand _image0;
    private Operand _image1;
    private Divisor _taps;
    private Divisor _kernelSize;
    private Divisor _pixels;
    private Divisor _pixelsWidth;
    private int _inputChannels;
    private int _outputChannels;
    private int _padding;
    private int _stride;

    /// <param name="shape">The convolution.</param>
    /// <param name="extents">The parts of the product besides the geometry: sources, result.</param>
    /// <param name="cotangents">δ̇ or δ of the sources.</param>
    /// <param name="images">x or ẋ of the sources.</param>
    public FilterGradientProduct(ConvolutionShape shape, ProductExtents extents, (Operand First, Operand Second) cotangents,
        (Operand First, Operand Second) images)
    {
        _extents = extents;
        (_cotangent0, _cotangent1) = cotangents;
        (_image0, _image1) = images;
        (_taps, _kernelSize) = (new Divisor(shape.KernelSize * shape.KernelSize), new Divisor(shape.KernelSize));
        (_pixels, _pixelsWidth) = (new Divisor(shape.OutputHeight * shape.OutputWidth), new Divisor(shape.OutputWidth));
        (_inputChannels, _outputChannels) = (shape.InputChannels, shape.OutputChannels);
        (_padding, _stride) = (shape.Padding, shape.Stride);
    }

    public readonly ProductExtents Extents => _extents;

    public readonly bool LeftRunsAlongDepth => true;

    public readonly bool RightRunsAlongDepth => true;

    /// <summary>The extents of the product of <paramref name="samples"/> images; the caller sets the rest.</summary>
    public static ProductExtents ExtentsOf(ConvolutionShape shape, int samples)
    {
        int columns = shape.InputChannels * shape.KernelSize * shape.KernelSize;
        return new()
        {
            Rows = shape.OutputChannels, Columns = columns, Depth = samples * shape.OutputHeight * shape.OutputWidth, Height = shape.Height,
            Width = shape.Width, ResultRow = columns,
        };
    }

    public readonly ArrayView<float> Left(int source, int member) => source == 0 ? _cotangent0.View(member) : _cotangent1.View(member);

    public readonly ArrayView<float> Right(int source, int member) => source == 0 ? _image0.View(member) : _image1.View(member);

    public readonly Place LeftRow(int row) => new(row * _pixels.Value, 0, 0);

    public readonly Place LeftDepth(int depth) => new(depth + _pixels.Quotient(depth) * (_outputChannels - 1) * _pixels.Value, 0, 0);

    public readonly Place RightDepth(int depth)
    {
        int sample = _pixels.Quotient(depth), pixel = depth - sample * _pixels.Value;
        int row = _pixelsWidth.Quotient(pixel);
        int y = row * _stride - _padding, x = (pixel - row * _pixelsWidth.Value) * _stride - _padding;
        return new((sample * _inputChannels * _extents.Height + y) * _extents.Width + x, y, x);
    }

    public readonly Place RightColumn(int column)
    {
        int channel = _taps.Quotient(column), tap = column - channel * _taps.Value;
        int y = _kernelSize.Quotient(tap), x = tap - y * _kernelSize.Value;
        return new((channel * _extents.Height + y) * _extents.Width + x, y, x);
    }

    public readonly int ResultColumn(int column) => column;
}
