using DdmNative.Attribution.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Formats;

/// <summary>Where an entry's bytes are in a zip file, beyond 4 GiB too, as far as the fields of the format show it.</summary>
public sealed class ZipPlaceTests : IDisposable
{
    private const uint InExtra = uint.MaxValue;

    private static readonly byte[] Name = "x.npy"u8.ToArray();

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("123456789", 0xCBF43926)]
    [InlineData("", 0)]
    [InlineData("a", 0xE8B7BE43)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x414FA339)]
    public void The_checksum_is_that_of_zip(string text, uint expected)
    {
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(text);
        Assert.Equal(expected, Crc32.Compute(bytes));
        for (int cut = 0; cut <= bytes.Length; cut++)
            Assert.Equal(expected, Crc32.Compute(bytes.AsSpan(0, cut), bytes.AsSpan(cut)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_elements_of_a_64_bit_entry_are_found(bool hasComment)
    {
        byte[] array = Npy.Format(new NpyArray(new float[] { 1, 2, 3, 4 }, 2, 2));
        string path = _folder.Write("a.npz", Zip64(array, hasComment ? "a comment at the end"u8.ToArray() : []));
        using NpzFile file = NpzFile.Open(path);
        long place = file.PlaceOfElements("x")!.Value;

        Assert.Equal(new float[] { 1, 2, 3, 4 }, file.Read("x").Data);
        byte[] all = File.ReadAllBytes(path);
        Assert.Equal(array[^16..], all[(int)place..((int)place + 16)]);
    }

    [Fact]
    public void Every_cut_of_the_end_is_refused()
    {
        byte[] good = Zip64(Npy.Format(new NpyArray(new float[] { 1 }, 1)), []);
        for (int length = 0; length < good.Length; length++)
        {
            string path = _folder.Write("cut.npz", good[..length]);
            Assert.Throws<BadInputException>(() =>
            {
                using NpzFile file = NpzFile.Open(path);
                file.PlaceOfElements("x");
            });
        }
    }

    /// <summary>A file with one stored entry whose sizes and positions are all in the 64-bit fields.</summary>
    private static byte[] Zip64(byte[] array, byte[] comment)
    {
        using var stream = new MemoryStream();
        using var zip = new BinaryWriter(stream);
        zip.Write("some bytes before the entry"u8);
        long local = stream.Position;
        WriteHeader(zip, 0x04034B50, hasMaker: false, array);
        WriteNumbers(zip, 20);
        zip.Write(Name);
        WriteExtra(zip, array.Length, array.Length);
        zip.Write(array);

        long directory = stream.Position;
        WriteHeader(zip, 0x02014B50, hasMaker: true, array);
        WriteNumbers(zip, 28);
        zip.Write(new byte[2 + 2 + 2 + 4]); // comment, disk, attributes
        zip.Write(InExtra);
        zip.Write(Name);
        WriteExtra(zip, array.Length, array.Length, local);

        long end = stream.Position;
        zip.Write(0x06064B50u);
        zip.Write(44L);
        zip.Write(new byte[] { 45, 0, 45, 0 });
        zip.Write(new byte[8]);
        zip.Write(1L);
        zip.Write(1L);
        zip.Write(end - directory);
        zip.Write(directory);
        zip.Write(0x07064B50u);
        zip.Write(0);
        zip.Write(end);
        zip.Write(1);
        zip.Write(0x06054B50u);
        zip.Write(new byte[4]);
        zip.Write(ushort.MaxValue);
        zip.Write(ushort.MaxValue);
        zip.Write(InExtra);
        zip.Write(InExtra);
        zip.Write((ushort)comment.Length);
        zip.Write(comment);
        zip.Flush();
        return stream.ToArray();
    }

    private static void WriteHeader(BinaryWriter zip, uint signature, bool hasMaker, byte[] array)
    {
        zip.Write(signature);
        if (hasMaker)
            zip.Write((ushort)45);
        zip.Write(new byte[] { 45, 0, 0, 0, 0, 0, 0, 0, 33, 0 }); // version, flags, stored, 1980-01-01
        zip.Write(Crc32.Compute(array));
        zip.Write(InExtra);
        zip.Write(InExtra);
    }

    private static void WriteNumbers(BinaryWriter zip, int extra)
    {
        zip.Write((ushort)Name.Length);
        zip.Write((ushort)extra);
    }

    private static void WriteExtra(BinaryWriter zip, params long[] numbers)
    {
        zip.Write((ushort)1);
        zip.Write((ushort)(8 * numbers.Length));
        foreach (long number in numbers)
            zip.Write(number);
    }
}
