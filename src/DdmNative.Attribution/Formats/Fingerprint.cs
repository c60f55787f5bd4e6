using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DdmNative.Attribution.Datasets;

namespace DdmNative.Attribution.Formats;

/// <summary>SHA-256 of settings, data and files, as lower-case hexadecimal.</summary>
public static class Fingerprint
{
    /// <summary>Of texts and settings, each delimited so that no two different lists collide.</summary>
    public static string Of(params ReadOnlySpan<object?> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (object? part in parts)
        {
            byte[] bytes = part is string text
                ? Encoding.UTF8.GetBytes(text) : JsonSerializer.SerializeToUtf8Bytes(part, JsonSettings.Strict);
            hash.AppendData(BitConverter.GetBytes((long)bytes.Length));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Of both splits in use: shapes, pixels, labels and which samples they are.</summary>
    public static string Of(Dataset train, Dataset test)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Dataset split in (ReadOnlySpan<Dataset>)[train, test])
        {
            hash.AppendData(MemoryMarshal.AsBytes([split.Count, split.Channels, split.Height, split.Width, split.Classes]));
            foreach ((_, ReadOnlyMemory<float> rows) in split.Rows.Pieces())
                hash.AppendData(MemoryMarshal.AsBytes(rows.Span));
            hash.AppendData(MemoryMarshal.AsBytes(split.Labels.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(split.SourceIndices.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Of vectors and integers, with their lengths.</summary>
    public static string Of(IReadOnlyList<float[]> vectors, int[] numbers)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes([vectors.Count, numbers.Length]));
        hash.AppendData(MemoryMarshal.AsBytes(numbers.AsSpan()));
        foreach (float[] vector in vectors)
        {
            hash.AppendData(MemoryMarshal.AsBytes([vector.Length]));
            hash.AppendData(MemoryMarshal.AsBytes(vector.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Of a file's content; null if it is not a regular file.</summary>
    public static string? OfFile(string path)
    {
        if (FileKinds.Of(path) != FileKind.Regular)
            return null;
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
