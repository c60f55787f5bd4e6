using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Ilgpu.Products;

/// <summary>
/// Which taps and pixels a correlation joins. Forward, all of them. Backward data of a strided convolution is one correlation for each
/// phase of the pixels (<see cref="StridePhase"/>), with every so many of the taps, in reverse order, and of the result's pixels.
/// </summary>
internal readonly struct CorrelationWindows
{
    private CorrelationWindows(ConvolutionShape shape, bool isForward) => (Shape, IsForward) = (shape, isForward);

    public ConvolutionShape Shape { get; }

    public bool IsForward { get; }

    public int TapRows { get; private init; }

    public int TapColumns { get; private init; }

    /// <summary>The filter's tap that is read first, and the taps from there to the next row and the next column.</summary>
    public (int First, int Row, int Column) Taps { get; private init; }

    /// <summary>Rows and columns of windows.</summary>
    public (int Rows, int Columns) Count { get; private init; }

    /// <summary>The image's row and column at which the first window begins, and the pixels from one to the next.</summary>
    public (int Row, int Column, int Step) Images { get; private init; }

    /// <summary>The result's pixel of the first window, and the pixels to the next row of windows and the next column.</summary>
    public (int First, int Row, int Column) Results { get; private init; }

    /// <summary>The windows of y = W∗x.</summary>
    public static CorrelationWindows Forward(ConvolutionShape shape) => new(shape, isForward: true)
    {
        TapRows = shape.KernelSize,
        TapColumns = shape.KernelSize,
        Taps = (0, shape.KernelSize, 1),
        Count = (shape.OutputHeight, shape.OutputWidth),
        Images = (-shape.Padding, -shape.Padding, shape.Stride),
        Results = (0, shape.OutputWidth, 1),
    };

    /// <summary>
    /// The windows of δx = Wᵀ∗δ, phase by phase: each pixel is in one. A phase without taps has windows all the same, whose pixels are
    /// zero.
    /// </summary>
    public static IEnumerable<CorrelationWindows> BackwardData(ConvolutionShape shape)
    {
        (int size, int stride) = (shape.KernelSize, shape.Stride);
        StridePhase[] phases = StridePhase.All(size, shape.Padding, stride);
        foreach (StridePhase rows in phases)
        {
            foreach (StridePhase columns in phases)
            {
                (int Rows, int Columns) count = (rows.Count(shape.Height, stride), columns.Count(shape.Width, stride));
                if (count.Rows == 0 || count.Columns == 0)
                    continue;
                int lastRow = rows.FirstTap + (rows.Taps - 1) * stride, lastColumn = columns.FirstTap + (columns.Taps - 1) * stride;
                yield return new(shape, isForward: false)
                {
                    TapRows = rows.Taps,
                    TapColumns = columns.Taps,
                    Taps = (lastRow * size + lastColumn, -stride * size, -stride),
                    Count = count,
                    Images = (rows.FirstRow, columns.FirstRow, 1),
                    Results = (rows.Offset * shape.Width + columns.Offset, stride * shape.Width, stride),
                };
            }
        }
    }
}
