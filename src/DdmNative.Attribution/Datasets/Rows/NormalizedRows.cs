namespace DdmNative.Attribution.Datasets.Rows;

/// <summary>Rows that are normalised when they are read; the values are those of <see cref="Normalization.Apply(Dataset)"/>.</summary>
/// <param name="rows">The rows as stored.</param>
/// <param name="normalization">The normalisation.</param>
/// <param name="channels">The channels of a row.</param>
internal sealed class NormalizedRows(SampleRows rows, Normalization normalization, int channels) : SampleRows
{
    /// <inheritdoc/>
    public override int Count => rows.Count;

    /// <inheritdoc/>
    public override int Length => rows.Length;

    protected override void ReadCore(int first, int count, Span<float> values)
    {
        rows.Read(first, count, values);
        normalization.Apply(values, channels, Length / channels);
    }
}
