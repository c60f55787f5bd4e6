namespace DdmNative.Compute.Contracts;

/// <summary>
/// The windows of a pool: window (i, j) is the rows i·stride − padding + [0, windowHeight) and the columns j·stride − padding + [0,
/// windowWidth) of the image.
/// </summary>
public readonly record struct PoolingShape
{
    /// <exception cref="ArgumentOutOfRangeException">A window or the stride is below one, or the padding is negative or more than half of
    /// the window's shorter side.</exception>
    public PoolingShape(int windowHeight, int windowWidth, int stride, int padding)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(windowHeight, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(windowWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(padding);
        // More would allow a window that holds no pixel of the image.
        ArgumentOutOfRangeException.ThrowIfGreaterThan(padding, Math.Min(windowHeight, windowWidth) / 2);
        (WindowHeight, WindowWidth, Stride, Padding) = (windowHeight, windowWidth, stride, padding);
    }

    /// <summary>Square windows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The window or the stride is below one, or the padding is negative or more than half
    /// of the window.</exception>
    public PoolingShape(int window, int stride, int padding = 0)
        : this(window, window, stride, padding)
    {
    }

    /// <summary>Rows of a window.</summary>
    public int WindowHeight { get; }

    /// <summary>Columns of a window.</summary>
    public int WindowWidth { get; }

    /// <summary>Rows, and columns, from one window to the next.</summary>
    public int Stride { get; }

    /// <summary>Rows and columns outside the image, on each side, that windows may cover.</summary>
    public int Padding { get; }

    /// <summary>One pixel's share in the mean of a window without padding: 1/(windowHeight·windowWidth).</summary>
    public float Share => 1.0f / ((float)WindowHeight * WindowWidth);

    /// <summary>One window over the whole image: a global pool.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An extent is below one.</exception>
    public static PoolingShape Global(int height, int width) => new(height, width, stride: 1, padding: 0);

    /// <summary>
    /// The shape after pooling: (H + 2·padding − windowHeight)/stride + 1 rows, rounded down, and as many columns for the width. Rows and
    /// columns after the last whole window are dropped, as in PyTorch.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No whole window fits the image.</exception>
    public TensorShape Pooled(TensorShape x)
        => new(x.Members, x.Samples, x.Channels, Count(x.Height, WindowHeight, nameof(x)), Count(x.Width, WindowWidth, nameof(x)));

    private int Count(int extent, int window, string name)
    {
        long room = (long)extent + 2L * Padding - window;
        if (room < 0)
            throw new ArgumentOutOfRangeException(name, extent,
                $"No window of {WindowHeight} × {WindowWidth} with padding {Padding} fits an image that is {extent} pixels high or wide.");
        return (int)(room / Stride) + 1;
    }
}
