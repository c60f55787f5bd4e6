using System.Buffers;
using DdmNative.Attribution.Formats;
using Microsoft.Win32.SafeHandles;

namespace DdmNative.Attribution.Datasets.Rows;

/// <summary>
/// Rows in a file, read by position where they are needed and converted to float32. The system keeps what it can of the file in its own
/// cache, which it gives up when memory is needed: a set that fits is read from the disk once, a larger one as often as it is used.
/// </summary>
/// <remarks>
/// A mapping of the file into memory would save a copy of each row, but a file that is truncated or a disk that fails would end the
/// process; here it is an error that names the file. A row of 512 values takes about a microsecond.
/// </remarks>
internal sealed class FileRows : SampleRows
{
    private readonly string _path, _type;
    private readonly SafeFileHandle _file;
    private readonly long _start;
    private readonly int _rowBytes;

    /// <param name="path">The file.</param>
    /// <param name="start">The position of the first row's first byte.</param>
    /// <param name="type">One of <see cref="RowType.Names"/>.</param>
    /// <param name="count">N.</param>
    /// <param name="length">The number of values of a row.</param>
    public FileRows(string path, long start, string type, int count, int length)
    {
        (_path, _start, _type, Count, Length) = (path, start, type, count, length);
        _rowBytes = length * NpyType.ElementSize(type)!.Value;
        using FileStream opened = InputFile.OpenStored(path);
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.RandomAccess);
    }

    /// <inheritdoc/>
    public override int Count { get; }

    /// <inheritdoc/>
    public override int Length { get; }

    protected override void ReadCore(int first, int count, Span<float> values)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(checked(count * _rowBytes));
        try
        {
            Span<byte> wanted = bytes.AsSpan(0, count * _rowBytes);
            Fill(wanted, _start + (long)first * _rowBytes);
            RowType.ToFloats(_type, wanted, values);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void Fill(Span<byte> bytes, long position)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                int read = RandomAccess.Read(_file, bytes, position);
                if (read == 0)
                    throw new EndOfStreamException($"it ends before byte {position + bytes.Length}");
                bytes = bytes[read..];
                position += read;
            }
        }
        catch (IOException e)
        {
            throw new BadInputException(_path, $"byte {position}", $"an error ({e.Message})", "the rows that were there at the start",
                "Do not change the file while it is in use; start the command again.", e);
        }
    }
}
