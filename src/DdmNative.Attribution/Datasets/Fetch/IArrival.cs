namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>Where the bytes of a download go.</summary>
internal interface IArrival
{
    /// <summary>Bytes that are there.</summary>
    long Length { get; }

    /// <summary>The server's validator (a strong ETag or a date) of what has arrived; null where it gave none.</summary>
    string? Tag { get; }

    /// <summary>Throws away what is there; what comes next has this validator.</summary>
    void Restart(string? tag);

    /// <summary>Adds bytes at the end.</summary>
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Sees to it that what has arrived stays.</summary>
    void Flush();
}
