using System.IO.Compression;
using System.Security.Cryptography;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>SHA-256 of files and of gzipped content, as lower-case hexadecimal.</summary>
internal static class FileChecksum
{
    /// <exception cref="OperationCanceledException">Cancelled, also within a large file.</exception>
    public static string Compute(string path, CancellationToken stop)
    {
        using FileStream file = InputFile.Open(path);
        return Compute(file, stop);
    }

    /// <summary>The difference between a file and the known one, as (found, expected); null if there is none.</summary>
    public static (string Found, string Expected)? Fault(string path, KnownFile known, CancellationToken stop)
    {
        using FileStream file = InputFile.Open(path);
        return Fault(file, known, stop);
    }

    /// <summary>The same for an open file, from its start.</summary>
    public static (string Found, string Expected)? Fault(Stream file, KnownFile known, CancellationToken stop)
    {
        file.Position = 0;
        string found = Compute(file, stop);
        if (found == known.Sha256)
            return null;
        if (known.UnpackedSha256 is null)
            return ($"SHA-256 {found}", known.Sha256!);
        file.Position = 0;
        string? unpacked = ComputeUnpacked(file, stop);
        return unpacked == known.UnpackedSha256
            ? null : (unpacked is null
                ? $"not a gzip file (SHA-256 {found})" : $"SHA-256 {unpacked} unpacked", $"{known.UnpackedSha256} unpacked");
    }

    /// <summary>The hash of a .gz file's content; null if it cannot be unpacked.</summary>
    private static string? ComputeUnpacked(Stream file, CancellationToken stop)
    {
        try
        {
            using var plain = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
            return Compute(plain, stop);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static string Compute(Stream stream, CancellationToken stop)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        for (int read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
        {
            stop.ThrowIfCancellationRequested();
            hash.AppendData(buffer.AsSpan(0, read));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
