using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using DdmNative.Attribution.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Formats;

public class PngWriterTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 2)]
    public void A_picture_decodes_to_its_pixels(int channels, byte colourType)
    {
        byte[] pixels = [.. Enumerable.Range(0, 5 * 7 * channels).Select(i => (byte)(i * 37))];
        using var file = new MemoryStream();
        PngWriter.Write(file, pixels, height: 5, width: 7, channels);

        List<(string Type, byte[] Data)> chunks = Chunks(file.ToArray());

        Assert.Equal(["IHDR", "IDAT", "IEND"], chunks.Select(chunk => chunk.Type));
        Assert.Equal([0, 0, 0, 7, 0, 0, 0, 5, 8, colourType, 0, 0, 0], chunks[0].Data);
        using var unpacked = new MemoryStream();
        using (var zlib = new ZLibStream(new MemoryStream(chunks[1].Data), CompressionMode.Decompress))
            zlib.CopyTo(unpacked);
        byte[][] rows = [.. unpacked.ToArray().Chunk(1 + 7 * channels)];
        Assert.All(rows, row => Assert.Equal(0, row[0]));
        Assert.Equal(pixels, rows.SelectMany(row => row[1..]));
    }

    [Fact]
    public void The_checksum_is_the_standard_one() => Assert.Equal(0xCBF43926u, Crc32.Compute("1234"u8, "56789"u8));

    [Theory]
    [InlineData(8, 2, 2, 2)]
    [InlineData(5, 2, 2, 1)]
    [InlineData(0, 0, 0, 1)]
    public void Pixels_that_are_no_picture_are_refused(int length, int height, int width, int channels)
        => Assert.Throws<ArgumentException>(() => PngWriter.Write(Stream.Null, new byte[length], height, width, channels));

    private static List<(string Type, byte[] Data)> Chunks(byte[] file)
    {
        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], file[..8]);
        var chunks = new List<(string, byte[])>();
        for (int at = 8; at < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            byte[] typeAndData = file[(at + 4)..(at + 8 + length)];
            Assert.Equal(Crc32.Compute(typeAndData), BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at + 8 + length)));
            chunks.Add((Encoding.ASCII.GetString(typeAndData, 0, 4), typeAndData[4..]));
            at += 12 + length;
        }

        return chunks;
    }
}
