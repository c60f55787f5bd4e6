using System.Globalization;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// Opens and reads files from outside: errors of the operating system become <see cref="BadInputException"/>, and memory is allocated only
/// for bytes that have been read, never for a size in a header.
/// </summary>
internal static class InputFile
{
    /// <summary>The maximum expansion of a deflate stream (zlib's technical notes): a header with a larger size is wrong.</summary>
    public const int MostExpansion = 1032;

    private const int FirstChunk = 1 << 16;

    /// <summary>The path for standard input.</summary>
    private const string StandardInput = "-";

    /// <summary>The maximum size that is read from a pipe: jobs and other small texts.</summary>
    private const int LongestFromPipe = 64 << 20;

    /// <summary>
    /// Opens <paramref name="path"/> for reading; it must be a regular file, which can be read repeatedly and at any position.
    /// </summary>
    public static FileStream Open(string path)
    {
        if (FileKinds.Of(path) is (FileKind.Folder or FileKind.Pipe or FileKind.Device) and FileKind kind)
            throw new BadInputException(path, "file", kind.Describe(), "a regular file",
                kind == FileKind.Folder ? "Specify a file." : "Save its content to a file first: it is read more than once.");
        return OpenAny(path);
    }

    /// <summary>Reads a complete text once, from a file, a pipe or standard input (<c>-</c>).</summary>
    /// <param name="path">The file.</param>
    /// <param name="stop">Cancels waiting for the writer of a pipe.</param>
    /// <exception cref="BadInputException">It cannot be read, or is too long for a text.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static byte[] ReadOnce(string path, CancellationToken stop = default)
    {
        if (path != StandardInput && FileKinds.Of(path) is not (FileKind.Pipe or FileKind.Device))
            return ReadAll(path);

        // Opening or reading a pipe blocks until there is a writer, and cannot be cancelled: hence a task that can be abandoned.
        byte[] bytes = Task.Run(() => ReadPipe(path), stop).WaitAsync(stop).GetAwaiter().GetResult();
        if (bytes.Length > LongestFromPipe)
            throw new BadInputException(path, "file", $"more than {LongestFromPipe >> 20} MiB from a pipe or device", "a text",
                "Check what is written to it.");
        return bytes;
    }

    private static byte[] ReadPipe(string path)
    {
        using Stream pipe = path == StandardInput ? Console.OpenStandardInput() : OpenAny(path);
        return ReadUpTo(pipe, path, LongestFromPipe);
    }

    private static FileStream OpenAny(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: FirstChunk);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or ArgumentException)
        {
            // ArgumentException: an invalid file name, such as one with a zero character.
            throw new BadInputException(path, "file", "no such file", "a readable file", "Check the path and its spelling.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(path, "file", $"an error ({e.Message})", "a readable file", "Check the file and its permissions.",
                e);
        }
    }

    /// <summary>Opens a dataset's file, which must not be empty.</summary>
    /// <exception cref="BadInputException">There is no such file, it cannot be read, or it is empty.</exception>
    public static FileStream OpenStored(string path)
    {
        FileStream file = Open(path);
        if (file.Length > 0)
            return file;
        file.Dispose();
        throw new BadInputException(path, "file", "0 bytes", "a file with data in it", "Remove it, or download the file again.");
    }

    /// <summary>Reads a complete dataset file; see <see cref="OpenStored"/>.</summary>
    public static byte[] ReadStored(string path)
    {
        using FileStream file = OpenStored(path);
        return ReadWhole(file, path);
    }

    /// <summary>Reads a complete file that is known to fit in one array.</summary>
    public static byte[] ReadAll(string path)
    {
        using FileStream file = Open(path);
        return ReadWhole(file, path);
    }

    private static byte[] ReadWhole(FileStream file, string path)
    {
        RequireArraySize(path, "file size", file.Length);
        return ReadUpTo(file, path, file.Length);
    }

    /// <summary>
    /// Reads to the end of <paramref name="stream"/>, at most <paramref name="limit"/> + 1 bytes: a result of that length means that the
    /// stream contains more than the limit. The buffer grows with the data read.
    /// </summary>
    public static byte[] ReadUpTo(Stream stream, string path, long limit)
    {
        long most = Math.Min(limit, Array.MaxLength - 1) + 1;
        var buffer = new byte[Math.Min(most, FirstChunk)];
        int filled = 0;
        while (true)
        {
            filled += ReadSome(stream, buffer.AsSpan(filled), path, filled);
            if (filled < buffer.Length || filled == most)
                break;
            Array.Resize(ref buffer, (int)Math.Min(most, 2L * buffer.Length));
        }

        Array.Resize(ref buffer, filled);
        return buffer;
    }

    /// <summary>
    /// Fills <paramref name="destination"/> as far as the stream has data; <paramref name="position"/> is for the message.
    /// </summary>
    public static int ReadSome(Stream stream, Span<byte> destination, string path, long position)
    {
        try
        {
            return stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            // The decompressor does not report its position, so the offset is the start of this read.
            throw new BadInputException(path, $"the data from byte {position} (decompressed)", $"an error ({e.Message})",
                "readable data", "The file is damaged: download it again.", e);
        }
    }

    /// <summary>Rejects data that do not fit in memory, before any of it is allocated.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="field">The part that needs the memory.</param>
    /// <param name="bytes">The minimum number of bytes.</param>
    /// <exception cref="InsufficientMemoryException">The machine, or the process's memory limit, has less.</exception>
    public static void RequireMemory(string path, string field, Int128 bytes)
    {
        const double Gibibyte = 1L << 30;
        long limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > limit)
            throw new InsufficientMemoryException(string.Create(CultureInfo.InvariantCulture,
                $"{path}, {field}: reading it needs {(double)bytes / Gibibyte:F1} GiB of memory; {limit / Gibibyte:F1} GiB are available. "
                + $"Use a part of the data, or smaller images."));
    }

    /// <summary>Rejects a number of bytes or elements that no .NET array can hold.</summary>
    public static void RequireArraySize(string path, string field, Int128 count)
    {
        if (count < 0 || count > Array.MaxLength - 1)
            throw new BadInputException(path, field, $"{count}", $"at most {Array.MaxLength - 1}",
                "Use a smaller file, or a part of the data.");
    }
}
