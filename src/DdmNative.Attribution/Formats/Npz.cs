using System.IO.Compression;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// NumPy's <c>.npz</c>: a zip of <c>.npy</c> files. Written compressed and with a fixed date, so that equal arrays make equal bytes;
/// read with the checksum of every entry verified.
/// </summary>
public static class Npz
{
    private const string Damaged = "The file is damaged or not npz: write it again with numpy.savez.";

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
        using FileStream file = InputFile.Open(path);
        var arrays = new Dictionary<string, NpyArray>();
        try
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Read);
            RequireRoom(path, zip, file.Length);
            foreach (ZipArchiveEntry entry in zip.Entries)
            {
                string name = Path.GetFileNameWithoutExtension(entry.FullName);
                if (!arrays.TryAdd(name, Npy.Parse(path, name, Unpack(path, entry))))
                    throw new BadInputException(path, name, "two arrays of this name", "one", Damaged);
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            // What the zip reader throws for a damaged directory or entry, and for methods it does not know.
            throw new BadInputException(path, "zip directory", $"an error ({e.Message})", "a zip of .npy files", Damaged, e);
        }

        return new NpzContents(path, arrays);
    }

    /// <summary>What is packed must have room in the file, which entries that lie on the same bytes have not; and no entry expands further than its packed bytes can.</summary>
    private static void RequireRoom(string path, ZipArchive zip, long length)
    {
        Int128 packed = 0;
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            packed += entry.CompressedLength;
            if (packed > length)
                throw new BadInputException(path, $"{entry.FullName}, packed size", $"{packed} bytes with those before it", $"at most {length}, the size of the file", Damaged);
            if (entry.Length > (Int128)entry.CompressedLength * InputFile.MostExpansion)
                throw new BadInputException(path, $"{entry.FullName}, size", $"{entry.Length} bytes", $"at most {InputFile.MostExpansion} for each of {entry.CompressedLength} packed", Damaged);
        }
    }

    private static byte[] Unpack(string path, ZipArchiveEntry entry)
    {
        InputFile.RequireArraySize(path, $"{entry.FullName}, size", entry.Length);
        using Stream packed = entry.Open();
        byte[] bytes = InputFile.ReadUpTo(packed, path, entry.Length);
        if (bytes.Length != entry.Length)
            throw new BadInputException(path, $"{entry.FullName}, size", $"{bytes.Length} bytes (or more)", $"{entry.Length}, as the directory says", Damaged);
        if (Crc32.Of(bytes) != entry.Crc32)
            throw new BadInputException(path, $"{entry.FullName}, CRC-32", $"{Crc32.Of(bytes):X8}", $"{entry.Crc32:X8}, as the directory says", Damaged);
        return bytes;
    }
}
