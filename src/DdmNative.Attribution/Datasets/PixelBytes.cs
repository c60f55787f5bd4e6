namespace DdmNative.Attribution.Datasets;

/// <summary>Bytes 0 … 255 as floats 0 … 1.</summary>
internal static class PixelBytes
{
    public static float[] ToFloats(ReadOnlySpan<byte> bytes)
    {
        var floats = new float[bytes.Length];
        ToFloats(bytes, floats);
        return floats;
    }

    public static void ToFloats(ReadOnlySpan<byte> bytes, Span<float> floats)
    {
        for (int i = 0; i < bytes.Length; i++)
            floats[i] = bytes[i] / 255f;
    }
}
