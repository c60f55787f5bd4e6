namespace DdmNative.Attribution.Datasets;

/// <summary>The pixel values that are drawn as black and white.</summary>
/// <param name="Black">Drawn as 0.</param>
/// <param name="White">Drawn as 255; above <paramref name="Black"/>.</param>
public readonly record struct PixelRange(float Black, float White)
{
    // If all values are this small, they are not fractions of white, but in another unit.
    private const float LeastWhite = 0.1f;

    /// <summary>0 to 1: the range of bytes after reading.</summary>
    public static PixelRange Unit { get; } = new(0, 1);

    /// <summary>
    /// The range of data as read: 0 to 1 if the values are such fractions, 0 to 255 if they are bytes stored as floats, otherwise from the
    /// minimum to the maximum. Features are not drawn.
    /// </summary>
    public static PixelRange Of(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.IsFeatures)
            return Unit;
        (float least, float greatest) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (float x in data.Images)
            (least, greatest) = (Math.Min(least, x), Math.Max(greatest, x));
        if (!(least < greatest) || (least >= 0 && greatest is >= LeastWhite and <= 1))
            return Unit;
        return least >= 0 && greatest is > byte.MaxValue / 2f and <= byte.MaxValue ? new PixelRange(0, byte.MaxValue)
            : new PixelRange(least, greatest);
    }

    /// <summary>Scales pixels to 0 … 1 in place; values outside the range exceed it.</summary>
    public void ToUnit(Span<float> pixels)
    {
        if (this == Unit)
            return;
        foreach (ref float x in pixels)
            x = (x - Black) / (White - Black);
    }
}
