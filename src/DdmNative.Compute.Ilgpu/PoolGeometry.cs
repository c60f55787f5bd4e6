using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Ilgpu;

/// <summary>A pool's images and windows as a kernel argument.</summary>
internal struct PoolGeometry
{
    public int Height;
    public int Width;
    public int WindowHeight;
    public int WindowWidth;
    public int Stride;
    public int Padding;
    public int PooledHeight;
    public int PooledWidth;

    public PoolGeometry(PoolingShape shape, TensorShape image, TensorShape pooled)
    {
        (Height, Width, PooledHeight, PooledWidth) = (image.Height, image.Width, pooled.Height, pooled.Width);
        (WindowHeight, WindowWidth, Stride, Padding) = (shape.WindowHeight, shape.WindowWidth, shape.Stride, shape.Padding);
    }

    /// <summary>
    /// The first window along an axis that holds the pixel <paramref name="place"/> pixels after the first window's begin.
    /// </summary>
    public readonly int FirstWindow(int place, int window) => place < window ? 0 : (place - window) / Stride + 1;

    /// <summary>One past the last window of <paramref name="count"/> that holds the pixel.</summary>
    public readonly int EndWindow(int place, int count) => place / Stride < count ? place / Stride + 1 : count;
}
