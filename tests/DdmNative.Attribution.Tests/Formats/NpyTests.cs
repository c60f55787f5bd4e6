using System.Text;
using DdmNative.Attribution.Formats;
using FsCheck.Xunit;
using Xunit;

namespace DdmNative.Attribution.Tests.Formats;

public sealed class NpyTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<Array> EveryType => new(
        new float[] { 1, float.NaN, -0f }, new double[] { 1, double.NegativeInfinity }, new sbyte[] { -1, 2 }, new byte[] { 0, 255 },
        new short[] { -300 },
        new ushort[] { 65535 }, (int[])[int.MinValue, 7], (uint[])[uint.MaxValue], (long[])[long.MinValue], (ulong[])[ulong.MaxValue],
        (bool[])[true, false], (string[])["loss", "", "größe 😀"]);

    [Theory]
    [MemberData(nameof(EveryType))]
    public void Every_element_type_survives_a_round_trip(Array data)
    {
        string path = _folder.File("a.npy");
        Npy.Write(path, new NpyArray(data, 1, data.Length));
        NpyArray read = Npy.Read(path);
        Assert.Equal([1, data.Length], read.Shape);
        Assert.Same(data.GetType(), read.Data.GetType());
        Assert.Equal(data, read.Data);
    }

    [Property(MaxTest = 50)]
    public void Any_doubles_survive_bit_for_bit(double[] data)
    {
        string path = _folder.File("p.npy");
        Npy.Write(path, new NpyArray(data, data.Length));
        Assert.Equal(data.Select(BitConverter.DoubleToInt64Bits), ((double[])Npy.Read(path).Data).Select(BitConverter.DoubleToInt64Bits));
    }

    [Theory]
    [InlineData(new int[0], "()")]
    [InlineData(new[] { 1 }, "(1,)")]
    [InlineData(new[] { 1, 1 }, "(1, 1)")]
    public void Written_bytes_are_those_of_numpy(int[] shape, string shapeText)
    {
        string path = _folder.File("a.npy");
        Npy.Write(path, new NpyArray((float[])[1f], shape));
        string header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': {shapeText}, }}".PadRight(117) + "\n";
        byte[] expected = [0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. Encoding.ASCII.GetBytes(header), 0, 0, 0x80, 0x3F];
        Assert.Equal(expected, File.ReadAllBytes(path));
    }

    [Fact]
    public void Text_is_stored_as_padded_utf32()
    {
        byte[] bytes = Npy.Format(new NpyArray((string[])["ab", "c"], 2));
        Assert.Contains("'<U2'", Encoding.ASCII.GetString(bytes), StringComparison.Ordinal);
        Assert.Equal([97, 0, 0, 0, 98, 0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0], bytes[^16..]);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Later_versions_have_longer_headers_and_are_read(byte version)
    {
        byte[] header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n"u8.ToArray();
        string path = _folder.Write("a.npy", [0x93, .. "NUMPY"u8, version, 0, (byte)header.Length, 0, 0, 0, .. header, 5, 6]);
        Assert.Equal(new byte[] { 5, 6 }, Npy.Read(path).Data);
    }

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1), }", "order", "ascontiguousarray")]
    [InlineData("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "dtype", "astype")]
    [InlineData("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", "dtype", "astype")]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "dtype", "astype")]
    [InlineData("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "header", "plain array")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "elements", "8 bytes")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (), }   {", "header", "plain array")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 2147483647), }", "shape", "at most")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,), }", "shape", "whole numbers")]
    [InlineData("{'descr': '<U99999999999', 'fortran_order': False, 'shape': (1,), }", "dtype", "<U")]
    [InlineData("{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }", "array[0]", "0x3F800000")]
    public void A_header_that_is_not_supported_or_does_not_fit_is_named(string header, string field, string expectation)
    {
        string path = _folder.Write("a.npy",
            [0x93, .. "NUMPY"u8, 1, 0, (byte)(header.Length + 1), 0, .. Encoding.ASCII.GetBytes(header), (byte)'\n', 0, 0,
            0x80, 0x3F]);
        var error = Assert.Throws<BadInputException>(() => Npy.Read(path));
        Assert.Equal(path, error.File);
        Assert.Contains(field, error.Field, StringComparison.Ordinal);
        Assert.Contains(expectation, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("504B0304", "magic")]
    [InlineData("934E554D505909000100", "version")]
    [InlineData("934E554D50590100FFFF7B", "header length")]
    [InlineData("934E554D505902007B00", "header length")]
    public void A_start_that_is_not_npy_is_named(string hex, string field)
    {
        string path = _folder.Write("a.npy", Convert.FromHexString(hex));
        Assert.Contains(field, Assert.Throws<BadInputException>(() => Npy.Read(path)).Field, StringComparison.Ordinal);
    }

    [Fact]
    public void Arrays_without_a_counterpart_or_of_another_shape_cannot_be_made()
    {
        Assert.Throws<ArgumentException>(() => new NpyArray((char[])['a'], 1));
        Assert.Throws<ArgumentException>(() => new NpyArray(new int[1, 1], 1));
        Assert.Throws<ArgumentException>(() => new NpyArray(new int[2], 3));
        Assert.Throws<ArgumentException>(() => new NpyArray(new int[2], -1, -2));
    }

    [Theory]
    [MemberData(nameof(EveryType))]
    public void Mutated_files_are_read_or_refused(Array data)
        => Fuzz.Run(Npy.Format(new NpyArray(data, data.Length)), bytes => Npy.Parse("m", "array", bytes));
}
