using System.IO.Compression;
using System.Security.Cryptography;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>SHA-256 of files and of what is packed in them, as lower-case hexadecimal.</summary>
internal static class FileChecksum
{
    public static string Of(string path)
    {
        using FileStream file = InputFile.Open(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>What is wrong with a file, as (found, expected); null where it is the one that is known.</summary>
    public static (string Found, string Expected)? Fault(string path, KnownFile known)
    {
        using FileStream file = InputFile.Open(path);
        return Fault(file, known);
    }

    /// <summary>The same of an open file, from its start.</summary>
    public static (string Found, string Expected)? Fault(Stream file, KnownFile known)
    {
        file.Position = 0;
        string found = Convert.ToHexStringLower(SHA256.HashData(file));
        if (found == known.Sha256)
            return null;
        if (known.UnpackedSha256 is null)
            return ($"SHA-256 {found}", known.Sha256!);
        file.Position = 0;
        string? unpacked = OfUnpacked(file);
        return unpacked == known.UnpackedSha256 ? null : (unpacked is null ? $"no gzip file (SHA-256 {found})" : $"SHA-256 {unpacked} unpacked", $"{known.UnpackedSha256} unpacked");
    }

    /// <summary>Of what a .gz file unpacks to; null where it does not unpack.</summary>
    private static string? OfUnpacked(Stream file)
    {
        try
        {
            using var plain = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
            return Convert.ToHexStringLower(SHA256.HashData(plain));
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
