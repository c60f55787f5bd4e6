using System.Buffers.Binary;
using System.IO.Compression;
using DdmNative.Attribution.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Formats;

public sealed class NpzTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Arrays_survive_a_round_trip_by_name()
    {
        string path = Good();
        NpzContents read = Npz.Read(path);
        Assert.Equal(["matrix", "objectives"], read.Arrays.Keys);
        Assert.Equal([1, 2, 3, 4], read.Elements<double>("matrix"));
        Assert.Equal([2, 2], read["matrix"].Shape);
        Assert.Equal(["loss", "accuracy"], read.Elements<string>("objectives"));
    }

    [Fact]
    public void Equal_arrays_make_equal_bytes()
    {
        byte[] first = File.ReadAllBytes(Good());
        Assert.Equal(first, File.ReadAllBytes(Good()));
    }

    [Fact]
    public void A_missing_array_or_another_type_is_named()
    {
        NpzContents read = Npz.Read(Good());
        Assert.Contains("among [matrix, objectives]", Assert.Throws<BadInputException>(() => read["y"]).Message, StringComparison.Ordinal);
        Assert.Contains("found dtype '<f8', expected '<f4'", Assert.Throws<BadInputException>(() => read.Elements<float>("matrix")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Signed_elements_do_not_pass_for_unsigned_ones()
    {
        string path = _folder.File("a.npz");
        Npz.Write(path, ("n", new NpyArray(new uint[] { 1 }, 1)));
        Assert.Throws<BadInputException>(() => Npz.Read(path).Elements<int>("n"));
    }

    [Fact]
    public void A_changed_byte_of_data_fails_the_checksum()
    {
        string path = _folder.File("stored.npz");
        using (ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            using Stream entry = zip.CreateEntry("x.npy", CompressionLevel.NoCompression).Open();
            entry.Write(Npy.Format(new NpyArray(new byte[] { 11, 22, 33, 44 }, 4)));
        }

        byte[] bytes = File.ReadAllBytes(path);
        bytes[bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[11, 22, 33, 44])] = 12;
        var error = Assert.Throws<BadInputException>(() => Npz.Read(_folder.Write("bad.npz", bytes)));
        Assert.Equal("x.npy, CRC-32", error.Field);
    }

    [Fact]
    public void What_is_not_a_zip_or_not_there_is_refused()
    {
        Assert.Equal("zip directory", Assert.Throws<BadInputException>(() => Npz.Read(_folder.Write("a.npz", [1, 2, 3]))).Field);
        Assert.Contains("no such file", Assert.Throws<BadInputException>(() => Npz.Read(_folder.File("none.npz"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Two_arrays_of_one_name_are_neither_written_nor_read()
    {
        var array = new NpyArray((int[])[1], 1);
        string path = _folder.File("a.npz");
        Assert.Throws<ArgumentException>(() => Npz.Write(path, ("x", array), ("x", array)));
        using (ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            foreach (string name in (string[])["x.npy", "x.npy"])
            {
                using Stream entry = zip.CreateEntry(name).Open();
                entry.Write(Npy.Format(array));
            }
        }

        Assert.Equal("x", Assert.Throws<BadInputException>(() => Npz.Read(path)).Field);
    }

    [Fact]
    public void Mutated_files_are_read_or_refused()
    {
        byte[] good = File.ReadAllBytes(Good());
        Fuzz.Run(good, bytes => Npz.Read(_folder.Write("m.npz", bytes)));
    }

    /// <summary>A directory that says ten bytes where a gigabyte unpacks, and one whose entries all lie on the same bytes.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_bomb_is_refused_before_it_is_unpacked(bool overlapping)
    {
        string path = _folder.File("bomb.npz");
        using (FileStream file = File.Create(path))
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create))
        using (Stream entry = zip.CreateEntry("x.npy", CompressionLevel.SmallestSize).Open())
            for (int i = 0; i < 256; i++)
                entry.Write(new byte[1 << 18]);
        byte[] bytes = File.ReadAllBytes(path);
        int directory = bytes.AsSpan().LastIndexOf("PK\x01\x02"u8), end = bytes.AsSpan().LastIndexOf("PK\x05\x06"u8);
        if (overlapping)
        {
            byte[] header = bytes[directory..end], tail = bytes[end..];
            byte[][] headers = [.. Enumerable.Range(0, 100).Select(i =>
            {
                byte[] own = [.. header];
                own[46] = (byte)('!' + i);
                return own;
            })];
            BinaryPrimitives.WriteUInt16LittleEndian(tail.AsSpan(8), 100);
            BinaryPrimitives.WriteUInt16LittleEndian(tail.AsSpan(10), 100);
            BinaryPrimitives.WriteInt32LittleEndian(tail.AsSpan(12), 100 * header.Length);
            bytes = [.. bytes[..directory], .. headers.SelectMany(own => own), .. tail];
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(directory + 24), 10);
        }

        File.WriteAllBytes(path, bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<BadInputException>(() => Npz.Read(path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    private string Good()
    {
        string path = _folder.File("good.npz");
        Npz.Write(path, ("matrix", new NpyArray(new double[] { 1, 2, 3, 4 }, 2, 2)),
            ("objectives", new NpyArray((string[])["loss", "accuracy"], 2)));
        return path;
    }
}
