namespace DdmNative.Attribution.Grouping;

/// <summary>Rows of a feature matrix [N, d].</summary>
internal static class FeatureRows
{
    /// <summary>Copies the rows of the given samples, in their order.</summary>
    public static float[] Select(ReadOnlySpan<float> features, int dimensions, ReadOnlySpan<int> samples)
    {
        var rows = new float[samples.Length * dimensions];
        for (int i = 0; i < samples.Length; i++)
            features.Slice(samples[i] * dimensions, dimensions).CopyTo(rows.AsSpan(i * dimensions));
        return rows;
    }
}
