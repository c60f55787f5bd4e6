using DdmNative.Attribution.Datasets.Rows;

namespace DdmNative.Attribution.Tests.Datasets.Rows;

/// <summary>Rows that behave like those of a set that is larger than memory: batches are read from them one by one.</summary>
internal sealed class HostRows(SampleRows rows) : SampleRows
{
    public override int Count => rows.Count;

    public override int Length => rows.Length;

    public override bool IsLarge => true;

    protected override void ReadCore(int first, int count, Span<float> values) => rows.Read(first, count, values);
}
