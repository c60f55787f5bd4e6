using System.Globalization;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// Files that came from outside: the operating system's own refusals become <see cref="BadInputException"/>, and memory is
/// taken for bytes that have arrived, never for bytes that a header has promised.
/// </summary>
internal static class InputFile
{
    /// <summary>No deflate stream expands further than this (zlib's technical notes), so a header that promises more lies.</summary>
    public const int MostExpansion = 1032;

    private const int FirstChunk = 1 << 16;

    /// <summary>Stands for standard input.</summary>
    private const string StandardInput = "-";

    /// <summary>The most that is read from a pipe: jobs and other small texts.</summary>
    private const int LongestFromPipe = 64 << 20;

    /// <summary>Opens <paramref name="path"/> for reading; it must be a regular file, which can be read in any order and again.</summary>
    public static FileStream Open(string path)
    {
        if (FileKinds.Of(path) is (FileKind.Folder or FileKind.Pipe or FileKind.Device) and FileKind kind)
            throw new BadInputException(path, "file", kind.Describe(), "a regular file",
                kind == FileKind.Folder ? "Name a file." : "Write what it gives to a file first: it is read more than once.");
        return OpenAny(path);
    }

    /// <summary>The whole of a text that is read once, from a file, a pipe or standard input (<c>-</c>).</summary>
    /// <param name="path">The file.</param>
    /// <param name="stop">Ends the wait for who writes into a pipe.</param>
    /// <exception cref="BadInputException">It cannot be read, or is no text of a sensible length.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static byte[] ReadOnce(string path, CancellationToken stop = default)
    {
        if (path != StandardInput && FileKinds.Of(path) is not (FileKind.Pipe or FileKind.Device))
            return ReadAll(path);

        // To open or read a pipe blocks until somebody writes, and cannot be cancelled: hence a task that can be left behind.
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
            // ArgumentException: a name that no file can have, such as one with a zero in it.
            throw new BadInputException(path, "file", "no such file", "a readable file", "Check the path and its spelling.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(path, "file", $"an error ({e.Message})", "a readable file", "Check the file and its permissions.", e);
        }
    }

    /// <summary>Opens a file of a data set, which must not be empty.</summary>
    /// <exception cref="BadInputException">There is no such file, it cannot be read, or it holds nothing.</exception>
    public static FileStream OpenStored(string path)
    {
        FileStream file = Open(path);
        if (file.Length > 0)
            return file;
        file.Dispose();
        throw new BadInputException(path, "file", "0 bytes", "a file with data in it", "Remove it, or fetch the file again.");
    }

    /// <summary>The whole of a file of a data set; see <see cref="OpenStored"/>.</summary>
    public static byte[] ReadStored(string path)
    {
        using FileStream file = OpenStored(path);
        return ReadWhole(file, path);
    }

    /// <summary>The whole of a file that is known to fit in one array.</summary>
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
    /// Reads to the end of <paramref name="stream"/>, at most <paramref name="limit"/> + 1 bytes: a result of that length means
    /// that the stream holds more than the limit. The buffer grows with what has arrived.
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

    /// <summary>Fills <paramref name="destination"/> as far as the stream goes; <paramref name="position"/> is for the message.</summary>
    public static int ReadSome(Stream stream, Span<byte> destination, string path, long position)
    {
        try
        {
            return stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            // The decompressor does not say how far it came, so the offset is where this read began.
            throw new BadInputException(path, $"the data from byte {position} (decompressed)", $"an error ({e.Message})",
                "readable data", "The file is damaged: fetch it again.", e);
        }
    }

    /// <summary>Refuses data that memory has no room for, before any of it is taken.</summary>
    /// <param name="path">Where the data are, for the message.</param>
    /// <param name="field">What needs the memory.</param>
    /// <param name="bytes">So many bytes at least.</param>
    /// <exception cref="InsufficientMemoryException">The machine, or the limit that the process runs under, has less.</exception>
    public static void RequireMemory(string path, string field, Int128 bytes)
    {
        const double Gibibyte = 1L << 30;
        long limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > limit)
            throw new InsufficientMemoryException(string.Create(CultureInfo.InvariantCulture,
                $"{path}, {field}: reading it takes {(double)bytes / Gibibyte:F1} GiB of memory; there are {limit / Gibibyte:F1} GiB. Use a part of the data, or smaller images."));
    }

    /// <summary>Refuses a count of bytes or elements that no .NET array can hold.</summary>
    public static void RequireArraySize(string path, string field, Int128 count)
    {
        if (count < 0 || count > Array.MaxLength - 1)
            throw new BadInputException(path, field, $"{count}", $"at most {Array.MaxLength - 1}",
                "Use a smaller file, or a part of the data.");
    }
}
