using System.Buffers.Binary;
using System.IO.Compression;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// Writes PNG pictures with 8 bits per channel, grey or RGB (W3C PNG, third edition): signature, IHDR, one IDAT of unfiltered rows, IEND.
/// </summary>
public static class PngWriter
{
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Writes a picture to a file, completely or not at all (<see cref="AtomicFile"/>).</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="pixels">[height, width, channels], row by row from the top, red first.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="channels">1 (grey) or 3 (RGB).</param>
    /// <exception cref="ArgumentException">The channels are neither 1 nor 3, a side is not positive, or the length does not fit
    /// them.</exception>
    public static void Save(string path, byte[] pixels, int height, int width, int channels)
        => AtomicFile.Write(path, stream => Write(stream, pixels, height, width, channels));

    /// <summary>Writes a picture to <paramref name="stream"/>; parameters and errors as for <see cref="Save"/>.</summary>
    public static void Write(Stream stream, ReadOnlySpan<byte> pixels, int height, int width, int channels)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (channels is not (1 or 3))
            throw new ArgumentException($"A picture has 1 or 3 channels, not {channels}.", nameof(channels));
        if (height <= 0 || width <= 0 || pixels.Length != (long)height * width * channels)
            throw new ArgumentException($"{pixels.Length} bytes are not a picture of {height}x{width}x{channels}.", nameof(pixels));

        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8; // bits per channel
        header[9] = channels == 1 ? (byte)0 : (byte)2; // grey or true colour
        header[10..].Clear(); // deflate, adaptive filters, not interlaced

        stream.Write(Signature);
        WriteChunk(stream, "IHDR"u8, header);
        WriteChunk(stream, "IDAT"u8, Compress(pixels, width * channels));
        WriteChunk(stream, "IEND"u8, default);
    }

    private static byte[] Compress(ReadOnlySpan<byte> pixels, int rowBytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal))
        {
            for (; pixels.Length > 0; pixels = pixels[rowBytes..])
            {
                zlib.WriteByte(0); // filter type of the row: none
                zlib.Write(pixels[..rowBytes]);
            }
        }

        return packed.ToArray();
    }

    private static void WriteChunk(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, data.Length);
        stream.Write(word);
        stream.Write(type);
        stream.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(word, Crc32.Compute(type, data));
        stream.Write(word);
    }
}
