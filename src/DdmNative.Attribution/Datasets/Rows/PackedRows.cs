using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Rows;

/// <summary>Rows in memory in their stored type, converted where they are read: float16 takes half the memory of float32.</summary>
/// <param name="bytes">[N, length] of the type.</param>
/// <param name="type">One of <see cref="RowType.Names"/>.</param>
/// <param name="count">N.</param>
/// <param name="length">The number of values of a row.</param>
internal sealed class PackedRows(byte[] bytes, string type, int count, int length) : SampleRows
{
    private readonly int _rowBytes = length * NpyType.ElementSize(type)!.Value;

    /// <inheritdoc/>
    public override int Count { get; } = count;

    /// <inheritdoc/>
    public override int Length => length;

    protected override void ReadCore(int first, int count, Span<float> values)
        => RowType.ToFloats(type, bytes.AsSpan(first * _rowBytes, count * _rowBytes), values);
}
