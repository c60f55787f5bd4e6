using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// Where a zip file holds the bytes of an entry that is stored without compression, so that parts of it can be read directly (PKWARE,
/// ".ZIP File Format Specification" 6.3.10, 4.3.7, 4.3.12, 4.3.14 to 4.3.16 and 4.5.3). The runtime's own reader does not say it.
/// </summary>
internal static class ZipPlace
{
    private const uint LocalSignature = 0x04034B50, EntrySignature = 0x02014B50, EndSignature = 0x06054B50, End64Signature = 0x06064B50,
        Locator64Signature = 0x07064B50;

    private const int LocalLength = 30, EntryLength = 46, EndLength = 22, End64Length = 56, Locator64Length = 20;

    /// <summary>The value of a 32-bit field whose real value is in the extra field.</summary>
    private const uint InExtra = uint.MaxValue;

    private const ushort Extra64 = 1;

    /// <summary>The position of the entry's first byte; null if it is compressed.</summary>
    /// <exception cref="InvalidDataException">The directory is damaged, or has no such entry.</exception>
    public static long? Find(string path, SafeFileHandle file, string entryName)
    {
        (long position, long length) = Directory(file);
        if (position < 0 || length is < 0 or > int.MaxValue || length > RandomAccess.GetLength(file) - position)
            throw new InvalidDataException($"the directory of {path} is not in the file");
        byte[] directory = Read(file, position, (int)length);
        for (ReadOnlySpan<byte> rest = directory; rest.Length >= EntryLength && U32(rest, 0) == EntrySignature;)
        {
            int name = U16(rest, 28), extra = U16(rest, 30), comment = U16(rest, 32);
            if (rest.Length < EntryLength + name + extra + comment)
                break;
            if (Encoding.UTF8.GetString(rest.Slice(EntryLength, name)) == entryName)
            {
                if (U16(rest, 10) != 0)
                    return null;
                long local = LocalPosition(rest, rest.Slice(EntryLength + name, extra));
                byte[] header = Read(file, local, LocalLength);
                return U32(header, 0) == LocalSignature
                    ? local + LocalLength + U16(header, 26) + U16(header, 28)
                    : throw new InvalidDataException($"no local header of {entryName} at byte {local}");
            }

            rest = rest[(EntryLength + name + extra + comment)..];
        }

        throw new InvalidDataException($"no entry {entryName} in the directory of {path}");
    }

    /// <summary>The position and the length of the central directory.</summary>
    private static (long Position, long Length) Directory(SafeFileHandle file)
    {
        long size = RandomAccess.GetLength(file);
        byte[] tail = Read(file, Math.Max(0, size - EndLength - ushort.MaxValue), (int)Math.Min(size, EndLength + ushort.MaxValue));
        int end = tail.Length - EndLength;
        while (end >= 0 && (U32(tail, end) != EndSignature || end + EndLength + U16(tail, end + 20) != tail.Length))
            end--;
        if (end < 0)
            throw new InvalidDataException("no end of the central directory");
        (long position, long length) = (U32(tail, end + 16), U32(tail, end + 12));
        if (position != InExtra && length != InExtra && U16(tail, end + 10) != ushort.MaxValue)
            return (position, length);
        if (end < Locator64Length || U32(tail, end - Locator64Length) != Locator64Signature)
            return (position, length);
        byte[] end64 = Read(file, I64(tail, end - Locator64Length + 8), End64Length);
        return U32(end64, 0) == End64Signature
            ? (I64(end64, 48), I64(end64, 40)) : throw new InvalidDataException("no 64-bit end of the central directory");
    }

    /// <summary>The position of an entry's local header, which the extra field has if it is beyond 4 GiB.</summary>
    private static long LocalPosition(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> extra)
    {
        if (U32(entry, 42) != InExtra)
            return U32(entry, 42);
        for (; extra.Length >= 4; extra = extra[(4 + U16(extra, 2))..])
        {
            int length = U16(extra, 2);
            if (extra.Length < 4 + length)
                break;
            if (U16(extra, 0) != Extra64)
                continue;

            // Only the sizes that do not fit in the entry come before the position: the size, then the packed size.
            int at = 4 + (U32(entry, 24) == InExtra ? 8 : 0) + (U32(entry, 20) == InExtra ? 8 : 0);
            if (at + 8 <= 4 + length)
                return I64(extra, at);
        }

        throw new InvalidDataException("no 64-bit position of an entry");
    }

    private static byte[] Read(SafeFileHandle file, long position, int length)
    {
        var bytes = new byte[length];
        for (int filled = 0; filled < length;)
        {
            int count = position < 0 ? 0 : RandomAccess.Read(file, bytes.AsSpan(filled), position + filled);
            if (count == 0)
                throw new InvalidDataException($"the file ends before byte {position + length}");
            filled += count;
        }

        return bytes;
    }

    private static int U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long I64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}
