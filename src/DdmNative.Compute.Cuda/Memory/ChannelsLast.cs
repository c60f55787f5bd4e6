namespace DdmNative.Compute.Cuda.Memory;

/// <summary>Between the boundary's row-major <c>[C, H, W]</c> and the device's <c>[H, W, C]</c>, one sample at a time.</summary>
internal static class ChannelsLast
{
    /// <summary>Whether both orders are the same, because there is one channel or one pixel.</summary>
    public static bool IsPlain(TensorShape shape) => shape.Channels == 1 || shape.Height * shape.Width == 1;

    public static void FromRowMajor(TensorShape shape, ReadOnlySpan<float> source, Span<float> target) => Transpose(source, target, shape.Channels, shape.Height * shape.Width);

    public static void ToRowMajor(TensorShape shape, ReadOnlySpan<float> source, Span<float> target) => Transpose(source, target, shape.Height * shape.Width, shape.Channels);

    /// <summary>Every run of rows × columns floats of the source, transposed.</summary>
    private static void Transpose(ReadOnlySpan<float> source, Span<float> target, int rows, int columns)
    {
        int length = rows * columns;
        for (int start = 0; start < source.Length; start += length)
        {
            ReadOnlySpan<float> from = source.Slice(start, length);
            Span<float> to = target.Slice(start, length);
            for (int column = 0; column < columns; column++)
                for (int row = 0; row < rows; row++)
                    to[column * rows + row] = from[row * columns + column];
        }
    }
}
