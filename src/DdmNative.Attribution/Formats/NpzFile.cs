using System.IO.Compression;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// An open <c>.npz</c> file whose arrays are read one by one: arrays that are not requested are not unpacked, and an array's header is read
/// before its elements.
/// </summary>
internal sealed class NpzFile : IDisposable
{
    private const string Damaged = "The file is damaged or not npz: write it again with numpy.savez.";

    private readonly string _path;
    private readonly FileStream _file;
    private readonly ZipArchive _zip;
    private readonly OrderedDictionary<string, ZipArchiveEntry> _entries = [];

    private NpzFile(string path, FileStream file)
    {
        (_path, _file) = (path, file);
        _zip = new ZipArchive(file, ZipArchiveMode.Read);
        RequireRoom(file.Length);
        foreach (ZipArchiveEntry entry in _zip.Entries)
        {
            string name = Path.GetFileNameWithoutExtension(entry.FullName);
            if (!_entries.TryAdd(name, entry))
                throw new BadInputException(path, name, "two arrays of this name", "one", Damaged);
        }
    }

    /// <summary>The names of all arrays, without <c>.npy</c>, in the file's order.</summary>
    public IReadOnlyList<string> Names => [.. _entries.Keys];

    /// <summary>Opens a file and reads its directory.</summary>
    /// <exception cref="BadInputException">There is no such file, or it is not a zip of arrays with different names.</exception>
    public static NpzFile Open(string path)
    {
        FileStream file = InputFile.OpenStored(path);
        try
        {
            return Guarded(path, () => new NpzFile(path, file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether there is an array with this name.</summary>
    public bool Has(string name) => _entries.ContainsKey(name);

    /// <summary>Reads the type and shape of an array, without its elements.</summary>
    /// <exception cref="BadInputException">There is no such array, its header is damaged, or its size does not match its
    /// header.</exception>
    public NpyHeader Header(string name)
    {
        ZipArchiveEntry entry = Entry(name);
        NpyHeader header = Guarded(_path, () =>
        {
            using Stream packed = entry.Open();
            byte[] start = InputFile.ReadUpTo(packed, _path, Math.Min(entry.Length, Npy.LongestStart) - 1);
            return Npy.ParseHeader(_path, name, start, entry.Length);
        });
        Int128 size = (Int128)header.Count * (NpyType.ElementSize(header.Descr) ?? 0);
        if (NpyType.ElementSize(header.Descr) is not null && size != entry.Length - header.Start)
            throw new BadInputException(_path, $"{name}, byte {header.Start} (elements)", $"{entry.Length - header.Start} bytes",
                $"{size} bytes for '{header.Descr}' {header.ShapeText}", Damaged);
        return header;
    }

    /// <summary>Reads an array with its elements, and verifies the checksum.</summary>
    /// <exception cref="BadInputException">There is no such array, it is damaged, or its type is not supported.</exception>
    public NpyArray Read(string name)
    {
        ZipArchiveEntry entry = Entry(name);
        return Guarded(_path, () => Npy.Parse(_path, name, Unpack(entry)));
    }

    /// <summary>
    /// The position in the file of the first byte of an array's elements if they are stored as they are; null if they are compressed.
    /// </summary>
    /// <exception cref="BadInputException">There is no such array, or the file's directory is damaged.</exception>
    public long? PlaceOfElements(string name) => PlaceOf(Entry(name)) is long place ? place + Header(name).Start : null;

    /// <summary>Compares the checksum of an array's unpacked bytes with the directory's, and shows its elements in pieces.</summary>
    /// <param name="name">The array.</param>
    /// <param name="piece">The number of bytes of a piece of the elements; the last may be smaller.</param>
    /// <param name="onPiece">Receives each piece, its length, and the position of its first byte among the elements.</param>
    /// <exception cref="BadInputException">There is no such array, or it is damaged.</exception>
    public void Scan(string name, int piece, Action<byte[], int, long> onPiece)
    {
        ZipArchiveEntry entry = Entry(name);
        (int start, long elements) = (Header(name).Start, entry.Length - Header(name).Start);
        Guarded(_path, () =>
        {
            using Stream packed = Open(entry);
            var buffer = new byte[Math.Max(start, piece)];
            packed.ReadExactly(buffer, 0, start);
            var crc = new Crc32();
            crc.Append(buffer.AsSpan(0, start));
            for (long position = 0; position < elements;)
            {
                int count = InputFile.ReadSome(packed, buffer.AsSpan(0, (int)Math.Min(piece, elements - position)), _path, position);
                if (count == 0)
                    throw new InvalidDataException($"{entry.FullName} ends after {position} of {elements} bytes");
                crc.Append(buffer.AsSpan(0, count));
                onPiece(buffer, count, position);
                position += count;
            }

            RequireChecksum(entry, crc.Value);
            return true;
        });
    }

    public void Dispose()
    {
        _zip.Dispose();
        _file.Dispose();
    }

    /// <summary>Converts the zip reader's exceptions for a damaged directory or entry, or an unknown method, into bad input.</summary>
    private static T Guarded<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new BadInputException(path, "zip directory", $"an error ({e.Message})", "a zip of .npy files", Damaged, e);
        }
    }

    private ZipArchiveEntry Entry(string name) => _entries.TryGetValue(name, out ZipArchiveEntry? entry)
        ? entry
        : throw new BadInputException(_path, name, $"no such array among [{string.Join(", ", _entries.Keys)}]", "an array",
            "Check that the file is of the right kind.");

    /// <summary>
    /// Checks that the packed entries fit in the file, which overlapping entries would not, and that no entry expands further than its
    /// packed bytes allow.
    /// </summary>
    private void RequireRoom(long length)
    {
        Int128 packed = 0;
        foreach (ZipArchiveEntry entry in _zip.Entries)
        {
            packed += entry.CompressedLength;
            if (packed > length)
                throw new BadInputException(_path, $"{entry.FullName}, packed size", $"{packed} bytes with those before it",
                    $"at most {length}, the size of the file", Damaged);
            if (entry.Length > (Int128)entry.CompressedLength * InputFile.MostExpansion)
                throw new BadInputException(_path, $"{entry.FullName}, size", $"{entry.Length} bytes",
                    $"at most {InputFile.MostExpansion} for each of {entry.CompressedLength} packed", Damaged);
        }
    }

    /// <summary>The position of a stored entry's first byte; null if the entry is compressed.</summary>
    private long? PlaceOf(ZipArchiveEntry entry) => Guarded(_path, () => ZipPlace.Find(_path, _file.SafeFileHandle, entry.FullName));

    /// <summary>An entry's bytes; those of a stored one from the place where its parts are read later.</summary>
    private Stream Open(ZipArchiveEntry entry)
    {
        if (PlaceOf(entry) is not long place)
            return entry.Open();
        FileStream stored = InputFile.Open(_path);
        stored.Position = place;
        return stored;
    }

    private byte[] Unpack(ZipArchiveEntry entry)
    {
        InputFile.RequireArraySize(_path, $"{entry.FullName}, size", entry.Length);
        using Stream packed = entry.Open();
        byte[] bytes = InputFile.ReadUpTo(packed, _path, entry.Length);
        if (bytes.Length != entry.Length)
            throw new BadInputException(_path, $"{entry.FullName}, size", $"{bytes.Length} bytes (or more)",
                $"{entry.Length}, according to the directory", Damaged);
        RequireChecksum(entry, Crc32.Compute(bytes));
        return bytes;
    }

    private void RequireChecksum(ZipArchiveEntry entry, uint found)
    {
        if (found != entry.Crc32)
            throw new BadInputException(_path, $"{entry.FullName}, CRC-32", $"{found:X8}", $"{entry.Crc32:X8}, according to the directory",
                Damaged);
    }
}
