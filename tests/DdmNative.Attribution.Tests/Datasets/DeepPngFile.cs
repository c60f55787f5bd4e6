using System.Buffers.Binary;
using System.IO.Compression;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Tests.Datasets;

/// <summary>Makes PNG files of 16 bits a channel, as no library at hand does: every row with another filter.</summary>
internal static class DeepPngFile
{
    private static readonly (int Left, int Top, int Across, int Down)[] Adam7 =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    /// <param name="colour">PNG's colour type: 0 grey, 2 RGB, 4 and 6 the same with opacity, which is full.</param>
    /// <param name="interlaced">Whether in seven passes.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="value">Of channel, row and column.</param>
    public static byte[] Make(byte colour, bool interlaced, int width, int height, Func<int, int, int, ushort> value)
    {
        int colours = colour is 0 or 4 ? 1 : 3, channels = colours + (colour >= 4 ? 1 : 0);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            foreach ((int left, int top, int across, int down) in interlaced ? Adam7 : [(0, 0, 1, 1)])
            {
                byte[]? above = null;
                for (int y = top; y < height && left < width; y += down)
                {
                    IEnumerable<int> columns = Enumerable.Range(0, width).Where(x => x >= left && (x - left) % across == 0);
                    byte[] row = [.. columns.SelectMany(x =>
                        Enumerable.Range(0, channels).SelectMany(c => Bytes(c < colours ? value(c, y, x) : ushort.MaxValue)))];
                    int filter = y % 5;
                    zlib.WriteByte((byte)filter);
                    zlib.Write(Filtered(filter, row, above ?? new byte[row.Length], 2 * channels));
                    above = row;
                }
            }
        }

        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = (16, colour, interlaced ? (byte)1 : (byte)0);
        byte[] data = packed.ToArray();
        return [0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n', .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, data[..(data.Length / 2)]),
            .. Chunk("IDAT"u8, data[(data.Length / 2)..]), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Filtered(int filter, byte[] row, byte[] above, int pixel) => [.. row.Select((value, i) =>
    {
        int left = i < pixel ? 0 : row[i - pixel], up = above[i], corner = i < pixel ? 0 : above[i - pixel];
        int nearest = new[] { left, up, corner }.MinBy(of => Math.Abs(left + up - corner - of));
        return (byte)(value - (filter switch { 0 => 0, 1 => left, 2 => up, 3 => (left + up) / 2, _ => nearest }));
    })];

    private static byte[] Bytes(ushort value) => [(byte)(value >> 8), (byte)value];

    private static byte[] Chunk(ReadOnlySpan<byte> type, byte[] data)
    {
        var chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        type.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc32.Compute(type, data));
        return chunk;
    }
}
