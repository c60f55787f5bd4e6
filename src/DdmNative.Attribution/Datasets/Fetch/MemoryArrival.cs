namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>A download into memory, for a small list of checksums.</summary>
internal sealed class MemoryArrival : IArrival
{
    private readonly List<byte> _bytes = [];

    public long Length => _bytes.Count;

    public string? Tag { get; private set; }

    public void Restart(string? tag)
    {
        _bytes.Clear();
        Tag = tag;
    }

    public void Append(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);

    public void Flush()
    {
    }

    public byte[] ToArray() => [.. _bytes];
}
