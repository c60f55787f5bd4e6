using System.Buffers.Binary;
using System.Text;
using DdmNative.Attribution.Formats;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace DdmNative.Attribution.Tests.Formats;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Tensors_integers_and_metadata_survive_a_round_trip()
    {
        string path = _folder.File("a.safetensors");
        NamedTensor weight = new("head.weight", [2, 3], [1, -2, 3.5f, float.MaxValue, float.Epsilon, -0f]);
        NamedTensor empty = new("none", [0, 4], []);
        NamedIntegers wide = new("steps", [], [long.MinValue]);
        NamedIntegers narrow = new("groups", [3], [0, int.MinValue, int.MaxValue], Bits: 32);
        Safetensors.Write(path, [weight, empty], [wide, narrow], new Dictionary<string, string> { ["made by"] = "ddm \"ü\"" });

        SafetensorsContents read = Safetensors.Read(path);

        Assert.Equal(weight.Data, read.Tensor("head.weight", 2, -1).Data);
        Assert.Empty(read.Tensor("none", 0, 4).Data);
        Assert.Equal(wide.Data, read.IntegerTensor("steps").Data);
        Assert.Equal(narrow.Data, read.IntegerTensor("groups", 3).Data);
        Assert.Equal(32, read.IntegerTensor("groups", 3).Bits);
        Assert.Equal("ddm \"ü\"", read.Metadata["made by"]);
    }

    [Property(MaxTest = 50)]
    public void Any_finite_values_survive_bit_for_bit(NormalFloat[] values)
    {
        string path = _folder.File("p.safetensors");
        float[] data = [.. values.Select(value => (float)value.Get).Where(float.IsFinite)];
        Safetensors.Write(path, [new("x", [data.Length], data)]);
        Assert.Equal(data.Select(BitConverter.SingleToUInt32Bits),
            Safetensors.Read(path).Tensor("x", -1).Data.Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void Written_bytes_are_those_that_python_reads()
    {
        string path = _folder.File("a.safetensors");
        Safetensors.Write(path, [new("x", [2], [1, 2])]);
        byte[] bytes = File.ReadAllBytes(path);
        const string header = """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""";
        Assert.Equal(56, BinaryPrimitives.ReadInt64LittleEndian(bytes));
        Assert.Equal(header.PadRight(56), Encoding.UTF8.GetString(bytes, 8, 56));
        Assert.Equal([0, 0, 0x80, 0x3F, 0, 0, 0, 0x40], bytes[64..]);
    }

    [Theory]
    [InlineData("F16", "00 3C 00 C0", new[] { 1f, -2f })]
    [InlineData("BF16", "80 3F 00 C0", new[] { 1f, -2f })]
    [InlineData("F64", "000000000000F03F 00000000000000C0", new[] { 1f, -2f })]
    public void Other_floating_types_become_float32(string dtype, string data, float[] expected)
    {
        byte[] bytes = Convert.FromHexString(data.Replace(" ", "", StringComparison.Ordinal));
        string path = Craft($$$"""{"x":{"dtype":"{{{dtype}}}","shape":[2],"data_offsets":[0,{{{bytes.Length}}}]}}""", bytes);
        Assert.Equal(expected, Safetensors.Read(path).Tensor("x", 2).Data);
    }

    [Theory]
    [InlineData("""{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "x.data_offsets", "12 bytes")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "byte 4 of the data (end)", "4, according to the header")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""",
        "y.data_offsets", "overlap")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "x.data_offsets", "gap")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "x.data_offsets", "begin <= end")]
    [InlineData("""{"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "x.shape", "not negative")]
    [InlineData("""{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", "x.shape", "at most")]
    [InlineData("""{"x":{"dtype":"F8","shape":[8],"data_offsets":[0,8]}}""", "x.dtype", "BF16")]
    [InlineData("""{"x":{"dtype":"F32","data_offsets":[0,8]}}""", "x.shape", "list")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"x":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}""",
        "byte 8 (header)", "JSON")]
    [InlineData("""{"__metadata__":{"a":1},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "__metadata__.a", "String")]
    [InlineData("""{"x":[]}""", "x", "Object")]
    [InlineData("""["x"]""", "header", "Object")]
    [InlineData("""{"x":""", "byte 8 (header)", "JSON")]
    [InlineData("""{"\ud800":{}}""", "byte 8 (header)", "JSON")]
    public void A_header_that_does_not_fit_names_tensor_and_field(string header, string field, string expectation)
    {
        string path = Craft(header, new byte[8]);
        var error = Assert.Throws<BadInputException>(() => Safetensors.Read(path));
        Assert.Equal(path, error.File);
        Assert.StartsWith(field, error.Field, StringComparison.Ordinal);
        Assert.Contains(expectation, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 1, 0, 0 })]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, (byte)'{', (byte)'}' })]
    [InlineData(new byte[] { 3, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}' })]
    public void A_header_length_that_the_file_cannot_hold_is_refused(byte[] bytes)
    {
        string path = _folder.Write("a.safetensors", bytes);
        Assert.Equal("byte 0 (header length)", Assert.Throws<BadInputException>(() => Safetensors.Read(path)).Field);
    }

    [Theory]
    [InlineData("F32", "0000C07F")]
    [InlineData("F64", "000000000000F07E")] // finite in float64, not in float32
    public void Values_that_are_not_finite_name_tensor_and_index(string dtype, string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        string path = Craft($$$"""{"w":{"dtype":"{{{dtype}}}","shape":[1],"data_offsets":[0,{{{bytes.Length}}}]}}""", bytes);
        Assert.StartsWith("w[0]", Assert.Throws<BadInputException>(() => Safetensors.Read(path)).Field, StringComparison.Ordinal);
    }

    [Fact]
    public void What_could_not_be_read_again_is_not_written()
    {
        string path = _folder.File("a.safetensors");
        Assert.Throws<ArgumentException>(() => Safetensors.Write(path, [new("x", [1], [float.NaN])]));
        Assert.Throws<ArgumentException>(() => Safetensors.Write(path, [new("x", [2], [1])]));
        Assert.Throws<ArgumentException>(() => Safetensors.Write(path, [new("x", [1], [1]), new("x", [1], [1])]));
        Assert.Throws<ArgumentException>(() => Safetensors.Write(path, [], [new("x", [1], [1L << 40], Bits: 32)]));
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void A_missing_tensor_or_another_shape_is_named()
    {
        string path = _folder.File("a.safetensors");
        Safetensors.Write(path, [new("x", [2], [1, 2])]);
        SafetensorsContents read = Safetensors.Read(path);
        Assert.Contains("among [x]", Assert.Throws<BadInputException>(() => read.Tensor("head.bias", 2)).Message, StringComparison.Ordinal);
        Assert.Contains("found [2], expected [3]", Assert.Throws<BadInputException>(() => read.Tensor("x", 3)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Mutated_files_are_read_or_refused()
    {
        string path = _folder.File("a.safetensors");
        Safetensors.Write(path, [new("a.weight", [2, 3], [1, 2, 3, 4, 5, 6]), new("b", [1], [0])], [new("n", [2], [1, 2])],
            new Dictionary<string,
            string> { ["k"] = "v" });
        Fuzz.Run(File.ReadAllBytes(path), bytes => Assert.All(Safetensors.Read(_folder.Write("m", bytes)).Tensors,
            t => Assert.All(t.Data, x => Assert.True(float.IsFinite(x)))));
    }

    private string Craft(string header, byte[] data)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        return _folder.Write("crafted.safetensors", [.. length, .. text, .. data]);
    }
}
