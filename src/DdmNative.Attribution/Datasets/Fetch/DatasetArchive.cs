using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>
/// Unpacks a downloaded .tar.gz or .zip: only plain files and folders, no path that leaves the folder, no links, no duplicates, and not
/// more files and bytes than datasets have.
/// </summary>
internal static class DatasetArchive
{
    private const int MostFiles = 1_000_000;
    private const int FileKindMask = 0xF000, Link = 0xA000;
    private const int TarBlock = 512, TarType = 156, MostExtension = 1 << 16;

    /// <summary>More than the unpacked size of any dataset that fits in memory; a decompression bomb exceeds it.</summary>
    private const long MostBytes = 8L << 30;

    public static bool IsArchive(string name)
        => name.EndsWith(".tar.gz", StringComparison.Ordinal) || name.EndsWith(".tgz", StringComparison.Ordinal)
            || name.EndsWith(".zip", StringComparison.Ordinal);

    /// <summary>Unpacks the content of <paramref name="root"/> in the archive into the folder, which is empty.</summary>
    /// <param name="archive">The file.</param>
    /// <param name="root">The folder in the archive whose contents are unpacked; empty for the whole archive.</param>
    /// <param name="folder">The destination.</param>
    /// <param name="stop">The cancellation token, also checked within a file.</param>
    /// <exception cref="BadInputException">The archive is damaged, or contains something that is not allowed.</exception>
    /// <exception cref="DiskException">A file could not be written.</exception>
    public static void Unpack(string archive, string root, string folder, CancellationToken stop)
    {
        var target = new Target(archive, root, folder, stop);
        try
        {
            using FileStream file = InputFile.Open(archive);
            if (archive.EndsWith(".zip", StringComparison.Ordinal))
                UnpackZip(file, target, stop);
            else
                UnpackTar(file, target, stop);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or ArgumentException
            or OverflowException)
        {
            throw new BadInputException(archive, "archive", $"an error ({e.Message})", "a complete archive", "Download it again.", e);
        }

        if (target.Files == 0)
            throw new BadInputException(archive, "archive", root.Length == 0
                ? "no files" : $"no files under {root}/", "the dataset's files", "Use a mirror that has the published archive.");
    }

    private static void UnpackTar(FileStream file, Target target, CancellationToken stop)
    {
        using (var first = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true))
            RequireShortExtensions(first, target, stop);
        file.Position = 0;
        using var plain = new GZipStream(file, CompressionMode.Decompress);
        using var reader = new TarReader(plain);
        while (reader.GetNextEntry() is TarEntry entry)
        {
            stop.ThrowIfCancellationRequested();
            switch (entry.EntryType)
            {
                case TarEntryType.GlobalExtendedAttributes:
                    break;
                case TarEntryType.Directory:
                    target.Require(entry.Name.TrimEnd('/'));
                    break;
                case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                    target.Add(entry.Name, entry.DataStream ?? Stream.Null);
                    break;
                default:
                    throw target.Refuse(entry.Name, $"a {entry.EntryType}");
            }
        }
    }

    /// <summary>
    /// The library reads an extension header with a long name or attributes into memory completely, with the size that it declares: a first
    /// pass over the headers rejects excessive sizes.
    /// </summary>
    private static void RequireShortExtensions(GZipStream tar, Target target, CancellationToken stop)
    {
        var block = new byte[TarBlock];
        while (tar.ReadAtLeast(block, TarBlock, throwOnEndOfStream: false) == TarBlock)
        {
            stop.ThrowIfCancellationRequested();
            long size = SizeIn(block);
            if (block[TarType] is (byte)'x' or (byte)'g' or (byte)'L' or (byte)'K' && size > MostExtension)
                throw target.Refuse(Encoding.Latin1.GetString(block, 0, 100).TrimEnd('\0'), $"a header extension of {size} bytes");
            for (long left = (size + TarBlock - 1) / TarBlock; left > 0; left--)
            {
                stop.ThrowIfCancellationRequested();
                if (tar.ReadAtLeast(block, TarBlock, throwOnEndOfStream: false) < TarBlock)
                    return;
            }
        }
    }

    /// <summary>Octal digits, or for large files a binary number whose first bit is set.</summary>
    private static long SizeIn(ReadOnlySpan<byte> header)
    {
        ReadOnlySpan<byte> field = header.Slice(124, 12);
        if (field[0] >= 0x80)
            return System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(field[4..]) & long.MaxValue;
        long size = 0;
        foreach (byte digit in field)
            size = digit is >= (byte)'0' and <= (byte)'7' ? size * 8 + digit - '0' : size;
        return size;
    }

    private static void UnpackZip(FileStream file, Target target, CancellationToken stop)
    {
        using var zip = new ZipArchive(file, ZipArchiveMode.Read);
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            stop.ThrowIfCancellationRequested();
            if (((entry.ExternalAttributes >> 16) & FileKindMask) == Link)
                throw target.Refuse(entry.FullName, "a link");
            if (entry.FullName.EndsWith('/'))
            {
                target.Require(entry.FullName.TrimEnd('/'));
                continue;
            }

            using Stream content = entry.Open();
            target.Add(entry.FullName, content);
        }
    }

    /// <summary>The destination folder, and what has been unpacked so far.</summary>
    private sealed class Target(string archive, string root, string folder, CancellationToken stop)
    {
        private readonly byte[] _buffer = new byte[1 << 16];
        private long _bytes;

        public int Files { get; private set; }

        /// <summary>Rejects a folder that leaves the destination. A folder is created with its first file.</summary>
        public void Require(string name)
        {
            string path = Plain(name);
            if (path is not ("" or ".") && !RelativePath.IsSafe(path))
                throw Refuse(name, "a path that leaves the folder");
        }

        public void Add(string name, Stream content)
        {
            string path = Plain(name);
            if (!RelativePath.IsSafe(path))
                throw Refuse(name, "a path that leaves the folder");
            if (root.Length > 0)
            {
                if (!path.StartsWith(root + "/", StringComparison.Ordinal))
                    return;
                path = path[(root.Length + 1)..];
            }

            if (++Files > MostFiles)
                throw Refuse(name, $"more than {MostFiles} files");
            string to = Path.Combine(folder, path);
            using FileStream file = Create(name, to);
            for (int read = content.Read(_buffer); read > 0; read = content.Read(_buffer))
            {
                stop.ThrowIfCancellationRequested();
                if ((_bytes += read) > MostBytes)
                    throw Refuse(name, $"more than {MostBytes >> 30} GiB in total");
                DiskException.Named(to, () => Write(file, read));
            }
        }

        private FileStream Create(string name, string path)
        {
            if (Path.Exists(path))
                throw Refuse(name, "a file that is in the archive twice");
            for (string above = Path.GetDirectoryName(path)!; above.Length > folder.Length; above = Path.GetDirectoryName(above)!)
            {
                if (File.Exists(above))
                    throw Refuse(name, "a folder where another entry is a file");
            }

            try
            {
                AtomicFile.MakeFolder(Path.GetDirectoryName(path)!);
                return DiskException.Named(path,
                    () => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0));
            }
            catch (DiskException e) when (e.InnerException is PathTooLongException)
            {
                throw Refuse(name, "a name too long for the file system");
            }
        }

        private bool Write(FileStream file, int bytes)
        {
            file.Write(_buffer, 0, bytes);
            return true;
        }

        public BadInputException Refuse(string name, string what)
            => new(archive, name, what, "plain files in the archive's own folder, of the number and size of a dataset",
                "Do not trust this archive: use another mirror.");

        private static string Plain(string name) => name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;
    }
}
