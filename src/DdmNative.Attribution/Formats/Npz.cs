using System.IO.Compression;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// NumPy's <c>.npz</c>: a zip of <c>.npy</c> files. Written compressed and with a fixed date, so that equal arrays make equal bytes;
/// read with the checksum of every entry verified.
/// </summary>
public static class Npz
{
    /// <summary>Writes a file, whole or not at all (<see cref="AtomicFile"/>), its arrays in the order given.</summary>
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
    /// How hard to press. Logits are nearly noise: pressing float32 takes a second for every 20 MB and gains 8 %; what were floats before they
    /// became doubles gain a third at little cost.
    /// </summary>
    private static CompressionLevel LevelFor(Array data) => data switch
    {
        float[] => CompressionLevel.NoCompression,
        double[] => CompressionLevel.Fastest,
        _ => CompressionLevel.Optimal,
    };

    /// <summary>Reads all arrays of a file.</summary>
    /// <exception cref="BadInputException">The zip is damaged, or an entry is not an array of a type that is read.</exception>
    public static NpzContents Read(string path)
    {
        using NpzFile file = NpzFile.Open(path);
        return new NpzContents(path, file.Names.ToDictionary(name => name, file.Read));
    }
}
