using System.Buffers.Binary;
using System.IO.Compression;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>
/// Reads PNG images with 16 bits per channel (W3C PNG, third edition), rounded to 8: grey or RGB, with or without opacity, interlaced or
/// not. The file's structure and checksums have already been checked.
/// </summary>
internal static class DeepPng
{
    private const int DepthAt = 24, ColourAt = 25, InterlaceAt = 28, FirstChunk = 8;

    // Adam7: the start of each pass, and the distance of its pixels.
    private static readonly (int Left, int Top, int Across, int Down)[] Passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    /// <summary>Whether the bytes are such an image.</summary>
    public static bool Recognises(ReadOnlySpan<byte> bytes) => bytes.Length > InterlaceAt
        && bytes.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) && bytes[DepthAt] == 16;

    /// <exception cref="BadInputException">The number of pixels does not match the size, or a pixel is transparent.</exception>
    public static DecodedImage Read(string path, byte[] bytes, int width, int height)
    {
        (int channels, bool opacity) = bytes[ColourAt] switch { 0 => (1, false), 2 => (3, false), 4 => (2, true), _ => (4, true) };
        (int Left, int Top, int Across, int Down)[] passes = bytes[InterlaceAt] == 0 ? [(0, 0, 1, 1)] : Passes;
        passes = [.. passes.Where(pass => Rows(pass) > 0 && Columns(pass) > 0)];
        int pixelBytes = 2 * channels, expected = passes.Sum(pass => Rows(pass) * (1 + Columns(pass) * pixelBytes));
        byte[] rows = Unpacked(path, bytes, expected);
        var planes = new byte[3 * width * height];
        int at = 0;
        foreach ((int Left, int Top, int Across, int Down) pass in passes)
        {
            int length = Columns(pass) * pixelBytes;
            ReadOnlySpan<byte> above = new byte[length];
            for (int y = pass.Top; y < height; y += pass.Down, at += 1 + length)
            {
                Span<byte> row = rows.AsSpan(at + 1, length);
                Unfilter(path, rows[at], row, above, pixelBytes);
                for (int i = 0; i < length / pixelBytes; i++)
                    Put(row.Slice(i * pixelBytes, pixelBytes), pass.Left + i * pass.Across, y);
                above = row;
            }
        }

        return new DecodedImage(width, height, planes);

        int Rows((int Left, int Top, int Across, int Down) pass) => (height - pass.Top + pass.Down - 1) / pass.Down;
        int Columns((int Left, int Top, int Across, int Down) pass) => (width - pass.Left + pass.Across - 1) / pass.Across;

        void Put(ReadOnlySpan<byte> pixel, int x, int y)
        {
            if (opacity && Rounded(pixel[^2..]) is byte opaque and not byte.MaxValue)
                throw ImageFile.Transparent(path, x, y, opaque);
            for (int c = 0; c < 3; c++)
                planes[(c * height + y) * width + x] = Rounded(pixel[(channels > 2 ? 2 * c : 0)..]);
        }
    }

    private static byte Rounded(ReadOnlySpan<byte> channel)
        => (byte)((BinaryPrimitives.ReadUInt16BigEndian(channel) * byte.MaxValue + ushort.MaxValue / 2) / ushort.MaxValue);

    private static byte[] Unpacked(string path, byte[] bytes, int expected)
    {
        using var packed = new MemoryStream();
        for (int at = FirstChunk; at + 12 <= bytes.Length;)
        {
            int length = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at)), bytes.Length - at - 12);
            if (bytes.AsSpan(at + 4, 4).SequenceEqual("IDAT"u8))
                packed.Write(bytes, at + 8, length);
            at += 12 + length;
        }

        packed.Position = 0;
        using var zlib = new ZLibStream(packed, CompressionMode.Decompress);
        byte[] rows = InputFile.ReadUpTo(zlib, path, expected);
        return rows.Length >= expected ? rows : throw new BadInputException(path, "pixels", $"{rows.Length} bytes", $"{expected}",
            "The file is damaged: download it again.");
    }

    /// <summary>Reverses a row's filter in place.</summary>
    private static void Unfilter(string path, byte filter, Span<byte> row, ReadOnlySpan<byte> above, int pixelBytes)
    {
        if (filter > 4)
            throw new BadInputException(path, "pixels", $"a row's filter {filter}", "0 to 4", "The file is damaged: download it again.");
        for (int i = 0; i < row.Length; i++)
        {
            int left = i < pixelBytes ? 0 : row[i - pixelBytes], up = above[i], corner = i < pixelBytes ? 0 : above[i - pixelBytes];
            row[i] += (byte)(filter switch { 0 => 0, 1 => left, 2 => up, 3 => (left + up) / 2, _ => Nearest(left, up, corner) });
        }
    }

    /// <summary>Paeth's predictor: the neighbour that is closest to left + up − corner.</summary>
    private static int Nearest(int left, int up, int corner)
    {
        int guess = left + up - corner, toLeft = Math.Abs(guess - left), toUp = Math.Abs(guess - up), toCorner = Math.Abs(guess - corner);
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }
}
