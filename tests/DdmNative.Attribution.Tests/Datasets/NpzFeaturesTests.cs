using System.IO.Compression;
using System.Text;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Datasets.Rows;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Tests.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Datasets;

/// <summary>Features of any model: x [N, D] in a file, or in a folder's two files.</summary>
public sealed class NpzFeaturesTests : IDisposable
{
    /// <summary>numpy.savez(x=float16 [[1, −2], [0.5, 65504], [3, 4]], y=int64 [0, 1, 1]), as NumPy 1.24 writes it.</summary>
    private const string OfNumPy = """
        UEsDBBQAAAAAAAAAIQCnsJLcjAAAAIwAAAAFABQAeC5ucHkBABAAjAAAAAAAAACMAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxmMicsICdmb3J0cmFuX29yZGVy
        JzogRmFsc2UsICdzaGFwZSc6ICgzLCAyKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKADwAwAA4/3sAQgBE
        UEsDBBQAAAAAAAAAIQAUR51kmAAAAJgAAAAFABQAeS5ucHkBABAAmAAAAAAAAACYAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxpOCcsICdmb3J0cmFuX29yZGVyJzog
        RmFsc2UsICdzaGFwZSc6ICgzLCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAAAAAAAAAAABAAAAAAAA
        AAEAAAAAAAAAUEsBAhQDFAAAAAAAAAAhAKewktyMAAAAjAAAAAUAAAAAAAAAAAAAAIABAAAAAHgubnB5UEsBAhQDFAAAAAAAAAAhABRHnWSYAAAAmAAAAAUAAAAAAAAAAAAA
        AIABwwAAAHkubnB5UEsFBgAAAAACAAIAZgAAAJIBAAAAAA==
        """;

    private static readonly float[] Values = [1, -2, 0.5f, 65504, 3, 4];
    private static readonly int[] Labels = [0, 1, 1];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Rows_of_float16_that_NumPy_has_stored_stay_in_the_file()
    {
        _folder.Write("numpy.npz", Convert.FromBase64String(OfNumPy.ReplaceLineEndings("")));
        using NpzFile file = NpzFile.Open(_folder.File("numpy.npz"));
        SampleRows rows = NpzFeatures.Read(_folder.File("numpy.npz"), file, "x");

        Assert.IsType<FileRows>(rows);
        Assert.Equal(Values, rows.Copy([0, 1, 2]));
        Assert.Null(rows.Values);
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression, typeof(FileRows))]
    [InlineData(CompressionLevel.Optimal, typeof(PackedRows))]
    public void Stored_and_compressed_arrays_have_the_same_rows(CompressionLevel level, Type kind)
    {
        foreach (bool isHalf in (ReadOnlySpan<bool>)[false, true])
        {
            // A file of its own: rows that were read before keep theirs open, and safe from being written.
            string name = isHalf ? "half.npz" : "single.npz";
            WriteZip(name, level, ("y", Npy.Format(new NpyArray(Labels, 3))), ("x", Array(isHalf)),
                ("x_test", Array(isHalf)), ("y_test", Npy.Format(new NpyArray(Labels, 3))));
            (Dataset train, Dataset test) = DatasetLocator.Open(_folder.File(name));

            Assert.IsType(kind, train.Rows);
            Assert.Equal((3, 2, 1, 1, 2, true), (train.Count, train.Channels, train.Height, train.Width, train.Classes, train.IsFeatures));
            Assert.Equal(Values, train.Rows.Copy([0, 1, 2]));
            Assert.Equal(Values, test.Rows.Copy([0, 1, 2]));
            Assert.Equal(Labels, train.Labels);
            Assert.Equal(Labels, test.Labels);
            Assert.Equal((name[..^4] + "/train", name[..^4] + "/test"), (train.Name, test.Name));
            Assert.Throws<InvalidOperationException>(() => train.Images);
        }
    }

    [Fact]
    public void A_folder_with_two_files_is_read_like_one_file()
    {
        foreach (string split in (ReadOnlySpan<string>)["train", "test"])
            Npz.Write(_folder.File(split + ".npz"), ("x", new NpyArray(Values, 3, 2)), ("y", new NpyArray(Labels, 3)),
                ("class_names", new NpyArray((string[])["cat", "dog"], 2)));
        (Dataset train, Dataset test) = DatasetLocator.Open(_folder.ToString());

        Assert.True(train.IsFeatures && test.IsFeatures);
        Assert.Equal(Values, test.Rows.Copy([0, 1, 2]));
        Assert.Equal(["cat", "dog"], train.ClassNames!);
    }

    [Fact]
    public void Without_a_test_part_the_same_share_of_every_class_is_held_out()
    {
        int[] labels = [.. Enumerable.Range(0, 70).Select(n => n < 50 ? 0 : 1)];
        float[] values = [.. Enumerable.Range(0, 140).Select(i => (float)i)];
        Npz.Write(_folder.File("all.npz"), ("x", new NpyArray(values, 70, 2)), ("y", new NpyArray(labels, 70)));
        (Dataset train, Dataset test) = DatasetLocator.Open(_folder.File("all.npz"));

        Assert.Equal((63, 5, 2), (train.Count, test.Labels.Count(label => label == 0), test.Labels.Count(label => label == 1)));
        Assert.Equal(Enumerable.Range(0, 70), train.SourceIndices.Concat(test.SourceIndices).Order());
        foreach (Dataset part in (ReadOnlySpan<Dataset>)[train, test])
        {
            for (int n = 0; n < part.Count; n++)
            {
                Assert.Equal([2f * part.SourceIndices[n], 2f * part.SourceIndices[n] + 1], part.Image(n).ToArray());
                Assert.Equal(labels[part.SourceIndices[n]], part.Labels[n]);
            }
        }

        Assert.Contains("7 of the 70 rows", Assert.Single(train.Notes), StringComparison.Ordinal);
        Assert.Equal(train.SourceIndices, DatasetLocator.Open(_folder.File("all.npz")).Train.SourceIndices);
    }

    [Fact]
    public void Too_few_samples_to_hold_some_out_ask_for_a_test_part()
    {
        Npz.Write(_folder.File("few.npz"), ("x", new NpyArray(Values, 3, 2)), ("y", new NpyArray(Labels, 3)));
        BadInputException fault = Assert.Throws<BadInputException>(() => DatasetLocator.Open(_folder.File("few.npz")));
        Assert.Equal("x_test", fault.Field);
        Assert.Contains("x_test and y_test, or a folder with train.npz and test.npz", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, float.NaN)]
    [InlineData(5, float.PositiveInfinity)]
    [InlineData(0, float.NegativeInfinity)]
    public void A_value_that_is_not_finite_is_named(int at, float value)
    {
        float[] values = [.. Values];
        values[at] = value;
        Refuses(new NpyArray(values, 3, 2), new NpyArray(Labels, 3), $"x[{at / 2}, {at % 2}]", "a finite number");
    }

    [Fact]
    public void A_value_that_is_not_finite_is_found_beyond_the_first_piece()
    {
        var values = new float[600_001];
        values[600_000] = float.NaN;
        Refuses(new NpyArray(values, 600_001, 1), new NpyArray(new byte[600_001], 600_001), "x[600000, 0]", "a finite number");
    }

    [Fact]
    public void Arrays_of_another_form_are_refused()
    {
        Refuses(new NpyArray(Values, 6), new NpyArray(Labels, 3), "x, shape", "[N, D]");
        Refuses(new NpyArray(Values, 3, 2, 1), new NpyArray(Labels, 3), "x, shape", "train.npz and test.npz");
        Refuses(new NpyArray(System.Array.Empty<float>(), 0, 2), new NpyArray(System.Array.Empty<int>(), 0), "x, shape", "[N, D]");
        Refuses(new NpyArray(System.Array.ConvertAll(Values, value => (double)value), 3, 2), new NpyArray(Labels, 3), "x, shape and dtype",
            "x.astype(numpy.float32)");
        Refuses(new NpyArray(Values, 3, 2), new NpyArray(Labels[..2], 2), "y, shape", "a label for every row");
        Refuses(new NpyArray(Values, 3, 2), new NpyArray(Values[..3], 3), "y, dtype", "an integer type");
        Refuses(new NpyArray(Values, 3, 2), new NpyArray((int[])[0, -1, 1], 3), "y[1]", "a class number from 0");
        Npz.Write(_folder.File("features.npz"), ("x", new NpyArray(Values, 3, 2)));
        Assert.Equal("y", Assert.Throws<BadInputException>(() => DatasetLocator.Open(_folder.File("features.npz"))).Field);
        Npz.Write(_folder.File("features.npz"), ("y", new NpyArray(Labels, 3)));
        Assert.Equal("x", Assert.Throws<BadInputException>(() => DatasetLocator.Open(_folder.File("features.npz"))).Field);
    }

    [Fact]
    public void A_damaged_value_does_not_match_the_checksum()
    {
        byte[] bytes = Convert.FromBase64String(OfNumPy.ReplaceLineEndings(""));
        bytes[30 + 25 + 128 + 3] ^= 1;
        _folder.Write("features.npz", bytes);
        Assert.Contains("CRC-32", Assert.Throws<BadInputException>(() => DatasetLocator.Open(_folder.File("features.npz"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Truncated_and_mutated_files_are_read_or_refused()
    {
        WriteZip("features.npz", CompressionLevel.NoCompression, ("x", Array(isHalf: true)), ("y", Npy.Format(new NpyArray(Labels, 3))),
            ("x_test", Array(isHalf: false)), ("y_test", Npy.Format(new NpyArray(Labels, 3))));
        Fuzz.Run(File.ReadAllBytes(_folder.File("features.npz")), bytes =>
        {
            _folder.Write("features.npz", bytes);
            (Dataset train, Dataset test) = DatasetLocator.Open(_folder.File("features.npz"));
            foreach (Dataset part in (ReadOnlySpan<Dataset>)[train, test])
                Assert.All(part.Rows.Copy([.. Enumerable.Range(0, part.Count)]), value => Assert.True(float.IsFinite(value)));
        });
    }

    [Fact]
    public void More_elements_than_an_array_holds_are_refused_for_their_size_and_not_for_an_overflow()
    {
        byte[] x = WithShape(Array(isHalf: true), "1280000, 2048");
        WriteZip("features.npz", CompressionLevel.NoCompression, ("x", x), ("y", Npy.Format(new NpyArray(Labels, 3))));
        BadInputException fault = Assert.Throws<BadInputException>(() => DatasetLocator.Open(_folder.File("features.npz")));
        Assert.Contains("5242880000 bytes for '<f2' [1280000, 2048]", fault.Message, StringComparison.Ordinal);
    }

    private static byte[] Array(bool isHalf)
    {
        byte[] floats = Npy.Format(new NpyArray(Values, 3, 2));
        return !isHalf ? floats : [.. floats.AsSpan(0, 128).ToArray().Select((b, i) => i is > 20 and < 24 && b == '4' ? (byte)'2' : b),
            .. Values.SelectMany(value => BitConverter.GetBytes((Half)value))];
    }

    [Fact]
    public void Rows_of_both_parts_may_name_their_files()
    {
        NpyArray x = new((float[])[1, 2, 3, 4], 2, 2), y = new((int[])[0, 1], 2);
        Npz.Write(_folder.File("features.npz"), ("x", x), ("y", y), ("x_test", x), ("y_test", y),
            ("files", new NpyArray((string[])["a.png", "b.png"], 2)), ("test_files", new NpyArray((string[])["c.png", "d.png"], 2)));
        (Dataset train, Dataset test) = DatasetLocator.Open(_folder.File("features.npz"));
        Assert.Equal(("b.png", "d.png"), (train.DescribeSample(1), test.DescribeSample(1)));
        Assert.Empty(train.Notes);
    }

    [Fact]
    public void Rows_without_files_are_described_by_their_place()
    {
        NpyArray x = new((float[])[1, 2, 3, 4], 2, 2), y = new((int[])[0, 1], 2);
        Npz.Write(_folder.File("features.npz"), ("x", x), ("y", y), ("x_test", x), ("y_test", y));
        (Dataset train, Dataset test) = DatasetLocator.Open(_folder.File("features.npz"));
        Assert.Equal(("row 1 of features.npz", "row 1 of x_test in features.npz"), (train.DescribeSample(1), test.DescribeSample(1)));
    }

    private static byte[] WithShape(byte[] array, string shape)
    {
        string header = Encoding.ASCII.GetString(array, 10, 118).Replace("3, 2", shape, StringComparison.Ordinal);
        return [.. array.AsSpan(0, 10), .. Encoding.ASCII.GetBytes(header.TrimEnd().PadRight(117) + "\n"), .. array.AsSpan(128)];
    }

    private void WriteZip(string name, CompressionLevel level, params IReadOnlyList<(string Name, byte[] Bytes)> arrays)
    {
        using FileStream file = File.Create(_folder.File(name));
        using var zip = new ZipArchive(file, ZipArchiveMode.Create);
        foreach ((string array, byte[] bytes) in arrays)
        {
            using Stream entry = zip.CreateEntry(array + ".npy", level).Open();
            entry.Write(bytes);
        }
    }

    private void Refuses(NpyArray x, NpyArray y, string field, string expectation)
    {
        Npz.Write(_folder.File("features.npz"), ("x", x), ("y", y));
        var error = Assert.Throws<BadInputException>(() => DatasetLocator.Open(_folder.File("features.npz")));
        Assert.Equal(_folder.File("features.npz"), error.File);
        Assert.StartsWith(field, error.Field, StringComparison.Ordinal);
        Assert.Contains(expectation, error.Message, StringComparison.Ordinal);
    }
}
