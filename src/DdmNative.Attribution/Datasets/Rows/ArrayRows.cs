namespace DdmNative.Attribution.Datasets.Rows;

/// <summary>Rows in memory.</summary>
/// <param name="values">[N, length]; the array is used, not copied.</param>
/// <param name="length">The number of values of a row.</param>
public sealed class ArrayRows(float[] values, int length) : SampleRows
{
    private readonly float[] _values = values;

    /// <inheritdoc/>
    public override int Count { get; } = values.Length % length == 0
        ? values.Length / length : throw new ArgumentException($"{values.Length} values are not rows of {length}.", nameof(values));

    /// <inheritdoc/>
    public override int Length => length;

    /// <inheritdoc/>
    public override float[] Values => _values;

    protected override void ReadCore(int first, int count, Span<float> values)
        => _values.AsSpan(first * length, count * length).CopyTo(values);
}
