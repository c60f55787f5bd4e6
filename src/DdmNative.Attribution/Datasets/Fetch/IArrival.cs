namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>The destination of a download.</summary>
internal interface IArrival
{
    /// <summary>The number of bytes received.</summary>
    long Length { get; }

    /// <summary>The server's validator (a strong ETag or a date) of the received data; null if it gave none.</summary>
    string? Tag { get; }

    /// <summary>Discards the received data; the following data have this validator.</summary>
    void Restart(string? tag);

    /// <summary>Adds bytes at the end.</summary>
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Ensures that the received data survive a crash.</summary>
    void Flush();
}
