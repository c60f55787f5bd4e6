using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>The rows and columns of a pool's window that lie in the image.</summary>
internal readonly record struct ImageWindow(int FirstRow, int EndRow, int FirstColumn, int EndColumn)
{
    public bool IsPair => EndRow - FirstRow == 2 && EndColumn - FirstColumn == 2;

    /// <summary>The part of window (i, j) that lies in the image.</summary>
    public static ImageWindow Clip(PoolingShape shape, TensorShape image, int i, int j)
    {
        (int row, int column) = (i * shape.Stride - shape.Padding, j * shape.Stride - shape.Padding);
        return new(Math.Max(row, 0), Math.Min(row + shape.WindowHeight, image.Height),
            Math.Max(column, 0), Math.Min(column + shape.WindowWidth, image.Width));
    }

    /// <summary>Whether every pixel of the image is in exactly one window.</summary>
    public static bool AreTiles(PoolingShape shape, TensorShape image, TensorShape pooled)
    {
        return shape.Padding == 0 && Cover(shape.WindowHeight, image.Height, pooled.Height)
            && Cover(shape.WindowWidth, image.Width, pooled.Width);

        bool Cover(int window, int extent, int count) => window * count == extent && (count == 1 || window == shape.Stride);
    }
}
