using System.Security.Cryptography;
using DdmNative.Attribution.Datasets.Fetch;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Shards;

/// <summary>Files of another run, copied only if they are unchanged.</summary>
internal static class FileCopy
{
    /// <summary>Copies a file of one run into another, unless it exists there already.</summary>
    /// <param name="from">The folder of the source run; it is only read.</param>
    /// <param name="name">The file's name in the run.</param>
    /// <param name="to">The destination run; a missing subfolder is created.</param>
    /// <param name="sha256">The expected SHA-256 of the file.</param>
    /// <exception cref="BadInputException">The file is missing, has been changed since, or is outside the run.</exception>
    public static void Copy(string from, string name, RunFolder to, string sha256)
    {
        if (!RelativePath.Stays(name))
            throw new BadInputException(Path.Combine(from, RunFolder.RecordName), "$.stages[].files", $"'{name}'",
                "files inside the run's folder", "Do not use this run: its run.json was edited.");
        (string source, string destination) = (Path.Combine(from, name), to.PathOf(name));
        if (Fingerprint.OfFile(destination) == sha256)
            return;
        byte[] bytes = InputFile.ReadAll(source);
        Require(source, Convert.ToHexStringLower(SHA256.HashData(bytes)), sha256);
        AtomicFile.MakeFolder(Path.GetDirectoryName(destination)!);
        AtomicFile.Write(destination, file => file.Write(bytes));
    }

    /// <summary>Checks a file's SHA-256.</summary>
    /// <exception cref="BadInputException">It is missing or has been changed since.</exception>
    public static void Require(string path, string sha256) => Require(path, Fingerprint.OfFile(path), sha256);

    private static void Require(string path, string? found, string sha256)
    {
        if (found != sha256)
            throw new BadInputException(path, "SHA-256", found
                ?? "no such file", $"{sha256}, as in its run.json",
                    "The file is damaged: run the same command there again to recompute it, or copy it again.");
    }
}
