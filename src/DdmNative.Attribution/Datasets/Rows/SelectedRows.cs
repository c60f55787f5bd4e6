namespace DdmNative.Attribution.Datasets.Rows;

/// <summary>Some rows of others, in any order.</summary>
/// <param name="rows">All of them.</param>
/// <param name="positions">[N]: which of them, each an existing one; the array is used, not copied.</param>
internal sealed class SelectedRows(SampleRows rows, int[] positions) : SampleRows
{
    /// <inheritdoc/>
    public override int Count => positions.Length;

    /// <inheritdoc/>
    public override int Length => rows.Length;

    protected override void ReadCore(int first, int count, Span<float> values) => rows.Read(positions.AsSpan(first, count), values);
}
