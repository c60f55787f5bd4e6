using System.IO.Compression;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// NumPy's <c>.npz</c> format, a zip of <c>.npy</c> files. It is written compressed and with a fixed date, so that equal arrays give equal
/// bytes; when it is read, the checksum of every entry is verified.
/// </summary>
public static class Npz
{
    /// <summary>Writes a file, completely or not at all (<see cref="AtomicFile"/>), with the arrays in the given order.</summary>
    /// <exception cref="ArgumentException">Two arrays share a name.</exception>
    public static void Write(string path, params IReadOnlyList<(string Name, NpyArray Array)> arrays)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        if (arrays.Select(entry => entry.Name).Distinct().Count() != arrays.Count)
            throw new ArgumentException("Two arrays share a name.", nameof(arrays));
        AtomicFile.Write(path, stream =>
        {
            using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            foreach ((string name, NpyArray array) in arrays)
            {
                ZipArchiveEntry entry = zip.CreateEntry(name + ".npy", LevelFor(array.Data));
                entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using Stream packed = entry.Open();
                packed.Write(Npy.Format(array));
            }
        });
    }

    /// <summary>
    /// The compression level. Logits are almost noise: compressing float32 takes a second for every 20 MB and saves 8 %; values that were
    /// floats before they became doubles shrink by a third at little cost.
    /// </summary>
    private static CompressionLevel LevelFor(Array data) => data switch
    {
        float[] => CompressionLevel.NoCompression,
        double[] => CompressionLevel.Fastest,
        _ => CompressionLevel.Optimal,
    };

    /// <summary>Reads all arrays of a file.</summary>
    /// <exception cref="BadInputException">The zip is damaged, or an entry is not an array of a supported type.</exception>
    public static NpzContents Read(string path)
    {
        using NpzFile file = NpzFile.Open(path);
        return new NpzContents(path, file.Names.ToDictionary(name => name, file.Read));
    }
}
