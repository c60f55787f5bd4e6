using System.Security.Cryptography;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Runs.Shards;

/// <summary>Files of another run, taken over only as they were left there.</summary>
internal static class FileCopy
{
    /// <summary>Copies a file, unless it is there already.</summary>
    /// <param name="source">Where it comes from; only read.</param>
    /// <param name="destination">Where it goes; its folder is made.</param>
    /// <param name="sha256">What it must be.</param>
    /// <exception cref="BadInputException">It is missing or has been changed since.</exception>
    public static void Take(string source, string destination, string sha256)
    {
        if (Fingerprint.OfFile(destination) == sha256)
            return;
        byte[] bytes = InputFile.ReadAll(source);
        Require(source, Convert.ToHexStringLower(SHA256.HashData(bytes)), sha256);
        AtomicFile.MakeFolder(Path.GetDirectoryName(destination)!);
        AtomicFile.Write(destination, file => file.Write(bytes));
    }

    /// <summary>Reads a file through.</summary>
    /// <exception cref="BadInputException">It is missing or has been changed since.</exception>
    public static void Require(string path, string sha256) => Require(path, Fingerprint.OfFile(path), sha256);

    private static void Require(string path, string? found, string sha256)
    {
        if (found != sha256)
            throw new BadInputException(path, "SHA-256", found ?? "no such file", $"{sha256}, as its run.json says", "The file is damaged: run the same command there again, which makes it anew, or copy it again.");
    }
}
