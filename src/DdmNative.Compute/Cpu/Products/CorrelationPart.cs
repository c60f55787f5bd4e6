using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Pixels of a correlation's result that meet the same taps: all of them, or, in the transpose of a strided convolution, those of one phase
/// (<see cref="StridePhase"/>). A part is a convolution of its own on the image with its border.
/// </summary>
/// <param name="Top">The image's row, with its border, at which the first window begins.</param>
/// <param name="Left">Its column.</param>
/// <param name="FirstTap">The first of the part's taps, among the packed ones.</param>
/// <param name="TapRows">Rows of taps.</param>
/// <param name="TapColumns">Taps of a row.</param>
/// <param name="Row">The first pixel's row in the result.</param>
/// <param name="Column">Its column.</param>
/// <param name="Rows">Rows of pixels.</param>
/// <param name="Columns">Pixels of a row.</param>
/// <param name="ImageStep">Pixels of the image from one window to the next.</param>
/// <param name="ResultStep">Pixels of the result from one of the part's to the next.</param>
internal readonly record struct CorrelationPart(int Top, int Left, int FirstTap, int TapRows, int TapColumns, int Row, int Column, int Rows,
    int Columns, int ImageStep, int ResultStep)
{
    /// <summary>The parts that have taps and pixels.</summary>
    public static CorrelationPart[] Cut(in CorrelationShape shape)
    {
        if (!shape.IsTransposed)
            return [new(0, 0, 0, shape.KernelSize, shape.KernelSize, 0, 0, shape.OutputHeight, shape.OutputWidth, shape.Stride, 1)];
        var parts = new List<CorrelationPart>();
        StridePhase[] phases = Phases(shape);
        int border = Border(phases), firstTap = 0;
        foreach (StridePhase rows in phases)
        {
            foreach (StridePhase columns in phases)
            {
                var part = new CorrelationPart(
                    border + rows.FirstRow, border + columns.FirstRow, firstTap, rows.Taps, columns.Taps, rows.Offset, columns.Offset,
                    rows.Count(shape.OutputHeight, shape.Stride), columns.Count(shape.OutputWidth, shape.Stride), 1, shape.Stride);
                firstTap += rows.Taps * columns.Taps;
                if (part is { TapRows: > 0, TapColumns: > 0, Rows: > 0, Columns: > 0 })
                    parts.Add(part);
            }
        }
        return [.. parts];
    }

    /// <summary>The border of zeros above and to the left of the image, and the extents with it and the one on the other sides.</summary>
    public static (int Border, int Height, int Width) Surround(in CorrelationShape shape, CorrelationPart[] parts)
    {
        if (!shape.IsTransposed)
            return (shape.Padding, shape.PaddedHeight, shape.PaddedWidth);
        (int border, int height, int width) = (Border(Phases(shape)), shape.InputHeight, shape.InputWidth);
        (height, width) = (height + border, width + border);
        foreach (CorrelationPart part in parts)
        {
            height = Math.Max(height, part.Top + part.Rows - 1 + part.TapRows);
            width = Math.Max(width, part.Left + part.Columns - 1 + part.TapColumns);
        }
        return (border, height, width);
    }

    /// <summary>Whether pixels of the result belong to no part: they are zero.</summary>
    public static bool LeaveGaps(CorrelationPart[] parts)
        => parts.Length < parts[0].ResultStep * parts[0].ResultStep;

    private static StridePhase[] Phases(in CorrelationShape shape)
        => StridePhase.All(shape.KernelSize, shape.KernelSize - 1 - shape.Padding, shape.Stride);

    private static int Border(StridePhase[] phases)
        => Math.Max(0, phases.Where(phase => phase.Taps > 0).Max(phase => -phase.FirstRow));
}
