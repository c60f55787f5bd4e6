namespace DdmNative.Attribution.Datasets;

/// <summary>Which values of the pixels are black and white in a picture of them.</summary>
/// <param name="Black">Drawn as 0.</param>
/// <param name="White">Drawn as 255; above <paramref name="Black"/>.</param>
public readonly record struct PixelRange(float Black, float White)
{
    // Fractions that are all this small are no fractions of white: they are in another unit.
    private const float LeastWhite = 0.1f;

    /// <summary>0 to 1: what bytes become when they are read.</summary>
    public static PixelRange Unit { get; } = new(0, 1);

    /// <summary>
    /// That of data as read: 0 to 1 where the values are such fractions, 0 to 255 where they are bytes that were stored as floats, else
    /// from the least value to the greatest.
    /// </summary>
    public static PixelRange Of(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        (float least, float greatest) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (float x in data.Images)
            (least, greatest) = (Math.Min(least, x), Math.Max(greatest, x));
        if (!(least < greatest) || (least >= 0 && greatest is >= LeastWhite and <= 1))
            return Unit;
        return least >= 0 && greatest is > byte.MaxValue / 2f and <= byte.MaxValue ? new PixelRange(0, byte.MaxValue)
            : new PixelRange(least, greatest);
    }

    /// <summary>Brings pixels to 0 … 1 in place; those outside of the range go beyond.</summary>
    public void ToUnit(Span<float> pixels)
    {
        if (this == Unit)
            return;
        foreach (ref float x in pixels)
            x = (x - Black) / (White - Black);
    }
}
