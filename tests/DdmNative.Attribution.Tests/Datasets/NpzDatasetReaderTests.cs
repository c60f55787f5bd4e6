using System.IO.Compression;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Tests.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Datasets;

public sealed class NpzDatasetReaderTests : IDisposable
{
    private static readonly byte[] Pixels = [0, 51, 102, 255, 1, 2, 3, 4];

    private readonly TempFolder _folder = new();

    public NpzDatasetReaderTests()
    {
        Write("train", new NpyArray(Pixels, 2, 1, 2, 2), new NpyArray(new long[] { 0, 1 }, 2));
        Write("test", new NpyArray(Pixels, 2, 2, 2), new NpyArray(new byte[] { 1, 0 }, 2));
    }

    public static TheoryData<Array> IntegerLabels => new(
        new sbyte[] { 0, 1 }, new byte[] { 0, 1 }, new short[] { 0, 1 }, new ushort[] { 0, 1 }, (int[])[0, 1],
        new uint[] { 0, 1 }, new long[] { 0, 1 }, new ulong[] { 0, 1 });

    public static TheoryData<Array> BadLabels => new(
        new sbyte[] { 0, -1 }, new long[] { 0, long.MinValue }, new ulong[] { 0, ulong.MaxValue }, new long[] { 0, 5 }, (int[])[0, 70000]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Bytes_become_fractions_and_three_axes_one_channel()
    {
        (Dataset train, Dataset test) = NpzDatasetReader.Read(_folder.ToString());
        Assert.Equal((2, 1, 2, 2, 2), (train.Count, train.Channels, train.Height, train.Width, train.Classes));
        Assert.Equal([0, 0.2f, 0.4f, 1], train.Image(0).ToArray());
        Assert.Equal((1, 2, 2), (test.Channels, test.Height, test.Width));
        Assert.Equal([1, 0], test.Labels);
    }

    [Fact]
    public void Floats_are_taken_as_they_are()
    {
        Write("train", new NpyArray(new float[] { 0, 1, 2, -3, 4, 5, 6, 7 }, 2, 1, 2, 2), new NpyArray((int[])[0, 1], 2));
        Write("test", new NpyArray(new double[] { 0.5, 1, 2, 3 }, 1, 1, 2, 2), new NpyArray((int[])[1], 1));
        (Dataset train, Dataset test) = NpzDatasetReader.Read(_folder.ToString());
        Assert.Equal([0, 1, 2, -3], train.Image(0).ToArray());
        Assert.Equal([0.5f, 1, 2, 3], test.Image(0).ToArray());
    }

    [Theory]
    [MemberData(nameof(IntegerLabels))]
    public void Labels_may_be_of_any_integer_type(Array labels)
    {
        Write("train", new NpyArray(Pixels, 2, 1, 2, 2), new NpyArray(labels, 2));
        Assert.Equal([0, 1], NpzDatasetReader.Read(_folder.ToString()).Train.Labels);
    }

    [Theory]
    [MemberData(nameof(BadLabels))]
    public void A_label_out_of_range_names_its_place(Array labels)
    => Refuses(new NpyArray(Pixels, 2, 1, 2, 2), new NpyArray(labels, 2), "y[1]", "");

    [Fact]
    public void The_file_may_say_how_many_classes_there_are()
    {
        Npz.Write(_folder.File("train.npz"), ("x", new NpyArray(Pixels, 2, 1, 2, 2)), ("y", new NpyArray((int[])[0, 4], 2)),
            ("classes", new NpyArray((int[])[7])));
        Assert.Equal(7, NpzDatasetReader.Read(_folder.ToString()).Test.Classes);
        Npz.Write(_folder.File("train.npz"), ("x", new NpyArray(Pixels, 2, 1, 2, 2)), ("y", new NpyArray((int[])[0, 4], 2)),
            ("classes", new NpyArray((int[])[4])));
        Assert.Equal("y[1]", Assert.Throws<BadInputException>(() => NpzDatasetReader.Read(_folder.ToString())).Field);
        Npz.Write(_folder.File("train.npz"), ("x", new NpyArray(Pixels, 2, 1, 2, 2)), ("y", new NpyArray((int[])[0, 4], 2)),
            ("classes", new NpyArray((int[])[0])));
        Assert.Equal("classes", Assert.Throws<BadInputException>(() => NpzDatasetReader.Read(_folder.ToString())).Field);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Pixels_that_are_not_finite_name_their_place(float bad)
        => Refuses(new NpyArray((float[])[0, 0, 0, bad], 1, 1, 2, 2), new NpyArray((int[])[1], 1), "x, element 3", "a finite number");

    [Fact]
    public void Doubles_beyond_float32_are_refused()
        => Refuses(new NpyArray((double[])[0, 1e300, 0, 0], 1, 1, 2, 2), new NpyArray((int[])[1], 1), "x, element 1", "a finite number");

    [Fact]
    public void Other_types_are_refused()
    {
        Refuses(new NpyArray(new sbyte[4], 1, 1, 2, 2), new NpyArray((int[])[1], 1), "x, dtype", "uint8");
        Refuses(new NpyArray(new long[4], 1, 1, 2, 2), new NpyArray((int[])[1], 1), "x, dtype",
            "x.astype(numpy.uint8) where its values are 0 to 255");
        Refuses(new NpyArray((string[])["", "", "", ""], 1, 1, 2, 2), new NpyArray((int[])[1], 1), "x, dtype", "uint8");
        Refuses(new NpyArray(new byte[4], 1, 1, 2, 2), new NpyArray(new float[] { 1 }, 1), "y, dtype", "an integer type");
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        Refuses(new NpyArray(new byte[4], 2, 2), new NpyArray((int[])[1, 0], 2), "x, shape", "[N, C, H, W]");
        Refuses(new NpyArray(Array.Empty<byte>(), 0, 1, 2, 2), new NpyArray(Array.Empty<int>(), 0), "x, shape", "none of them 0");
        Refuses(new NpyArray(Pixels, 2, 1, 2, 2), new NpyArray((int[])[1, 0, 1], 3), "y, shape", "[2]");
        Refuses(new NpyArray(Pixels, 2, 1, 2, 2), new NpyArray((int[])[1, 0], 2, 1), "y, shape", "[2]");
    }

    [Fact]
    public void Splits_of_different_sizes_are_refused()
    {
        Write("test", new NpyArray(Pixels, 2, 1, 1, 4), new NpyArray((int[])[1, 0], 2));
        Assert.Equal("x, shape", Assert.Throws<BadInputException>(() => NpzDatasetReader.Read(_folder.ToString())).Field);
    }

    [Fact]
    public void Truth_values_are_read_as_zero_and_one()
    {
        Write("train", new NpyArray((bool[])[true, false, false, true, true, true, true, false], 2, 1, 2, 2),
            new NpyArray((bool[])[true, false], 2));
        Dataset train = NpzDatasetReader.Read(_folder.ToString()).Train;
        Assert.Equal([1, 0, 0, 1], train.Image(0).ToArray());
        Assert.Equal([1, 0], train.Labels);
    }

    [Fact]
    public void Channels_that_come_last_are_refused_until_the_file_says_so()
    {
        // [1, 5, 6, 3] and the same as [1, 3, 5, 6].
        byte[] last = [.. Enumerable.Range(0, 90).Select(i => (byte)i)],
            first = [.. Enumerable.Range(0, 90).Select(i => (byte)(i % 30 * 3 + i / 30))];
        Refuses(new NpyArray(last, 1, 5, 6, 3), new NpyArray((int[])[0], 1), "x, shape", "x.transpose(0, 3, 1, 2)");
        var labels = new NpyArray((int[])[0], 1);
        foreach (string split in (string[])["train", "test"])
            Npz.Write(_folder.File(split + ".npz"), ("x", new NpyArray(last, 1, 5, 6, 3)), ("y", labels),
                ("layout", new NpyArray((string[])["NHWC"])));
        Dataset turned = NpzDatasetReader.Read(_folder.ToString()).Train;
        Write("train", new NpyArray(first, 1, 3, 5, 6), labels);
        Write("test", new NpyArray(first, 1, 3, 5, 6), labels);
        Dataset plain = NpzDatasetReader.Read(_folder.ToString()).Train;
        Assert.Equal((3, 5, 6), (turned.Channels, turned.Height, turned.Width));
        Assert.Equal(plain.Images, turned.Images);

        foreach (string split in (string[])["train", "test"])
            Npz.Write(_folder.File(split + ".npz"), ("x", new NpyArray(last, 1, 5, 6, 3)), ("y", labels),
                ("layout", new NpyArray((string[])["NCHW"])));
        Dataset asItIs = NpzDatasetReader.Read(_folder.ToString()).Train;
        Assert.Equal((5, 6, 3), (asItIs.Channels, asItIs.Height, asItIs.Width));
    }

    [Fact]
    public void A_layout_that_is_none_is_refused()
    {
        Npz.Write(_folder.File("train.npz"), ("x", new NpyArray(Pixels, 2, 1, 2, 2)), ("y", new NpyArray((int[])[0, 1], 2)),
            ("layout", new NpyArray((string[])["CHW"])));
        Assert.Contains("found CHW", Assert.Throws<BadInputException>(() => NpzDatasetReader.Read(_folder.ToString())).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 2, "1 to 2, expected class numbers from 0 to 1. Subtract 1")]
    [InlineData(0, 2, "no training sample of class 1")]
    public void Labels_that_leave_a_class_without_samples_are_refused(int first, int second, string says)
    {
        Write("test", new NpyArray(Pixels, 2, 2, 2), new NpyArray((int[])[first, second], 2));
        Refuses(new NpyArray(Pixels, 2, 1, 2, 2), new NpyArray((int[])[first, second], 2), "labels", says);
    }

    [Fact]
    public void Classes_are_named_by_either_file_and_their_number_is_that_of_the_names()
    {
        var names = new NpyArray((string[])["cat", "dog\u001b[31m", "eel"], 3);
        Npz.Write(_folder.File("test.npz"), ("x", new NpyArray(Pixels, 2, 2, 2)), ("y", new NpyArray((int[])[0, 1], 2)),
            ("class_names", names));
        (Dataset train, Dataset test) = NpzDatasetReader.Read(_folder.ToString());
        Assert.Equal(3, train.Classes);
        Assert.Equal(["cat", "dog·[31m", "eel"], train.ClassNames!); // nothing that a terminal would obey
        Assert.Equal(train.ClassNames, test.ClassNames);
        Assert.Equal("class 0 (cat)", train.DescribeClass(0));
        Npz.Write(_folder.File("train.npz"), ("x", new NpyArray(Pixels, 2, 2, 2)), ("y", new NpyArray((int[])[0, 1], 2)),
            ("class_names", new NpyArray((string[])["cat", "eel", "dog"], 3)));
        Assert.Equal("class_names", Assert.Throws<BadInputException>(() => NpzDatasetReader.Read(_folder.ToString())).Field);
    }

    [Theory]
    [InlineData(2, true, "2 names, expected 3, one for each class")]
    [InlineData(3, false, "expected text")]
    public void Names_that_do_not_fit_the_classes_are_refused(int count, bool text, string says)
    {
        NpyArray names = text ? new NpyArray(Enumerable.Repeat("a", count).ToArray(), count) : new NpyArray(new int[count], count);
        Npz.Write(_folder.File("train.npz"), ("x", new NpyArray(Pixels, 2, 1, 2, 2)), ("y", new NpyArray((int[])[0, 1], 2)),
            ("classes", new NpyArray((int[])[3])), ("class_names", names));
        Assert.Contains(says, Assert.Throws<BadInputException>(() => NpzDatasetReader.Read(_folder.ToString())).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Other_arrays_are_named_and_never_unpacked()
    {
        using (FileStream file = File.Open(_folder.File("train.npz"), FileMode.Open))
        using (var zip = new ZipArchive(file, ZipArchiveMode.Update))
        using (Stream entry = zip.CreateEntry("attention.npy", CompressionLevel.SmallestSize).Open())
            for (int i = 0; i < 256; i++)
                entry.Write(new byte[1 << 18]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("ignored attention;", Assert.Single(NpzDatasetReader.Read(_folder.ToString()).Train.Notes),
            StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    /// <summary>What the header says is compared with the labels before a single image is unpacked.</summary>
    [Theory]
    [InlineData("64, 1, 1024, 1024", "y, shape")]
    [InlineData("2, 8, 2048, 2048", "x, shape")]
    [InlineData("2, 1, 2, 2", "x, byte 128 (elements)")]
    public void Images_that_do_not_fit_are_refused_before_they_are_unpacked(string shape, string field)
    {
        byte[] start = Npy.Format(new NpyArray(new byte[4], 1, 1, 2, 2));
        string header = System.Text.Encoding.ASCII.GetString(start, 10, 118).Replace("1, 1, 2, 2", shape, StringComparison.Ordinal);
        using (FileStream file = File.Create(_folder.File("train.npz")))
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create))
        {
            using (Stream x = zip.CreateEntry("x.npy", CompressionLevel.SmallestSize).Open())
            {
                x.Write(start.AsSpan(0, 10));
                x.Write(System.Text.Encoding.ASCII.GetBytes(header.TrimEnd().PadRight(117) + "\n"));
                for (int i = 0; i < 64; i++)
                    x.Write(new byte[1 << 20]);
            }

            using Stream y = zip.CreateEntry("y.npy").Open();
            y.Write(Npy.Format(new NpyArray((int[])[0, 1], 2)));
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(field, Assert.Throws<BadInputException>(() => NpzDatasetReader.Read(_folder.ToString())).Field);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void A_missing_array_is_named()
    {
        Npz.Write(_folder.File("train.npz"), ("images", new NpyArray(Pixels, 2, 1, 2, 2)));
        Assert.Equal("x", Assert.Throws<BadInputException>(() => NpzDatasetReader.Read(_folder.ToString())).Field);
    }

    [Fact]
    public void Mutated_files_are_read_or_refused()
    {
        byte[] good = File.ReadAllBytes(_folder.File("train.npz"));
        Fuzz.Run(good, bytes =>
        {
            _folder.Write("train.npz", bytes);
            Assert.Equal(2, NpzDatasetReader.Read(_folder.ToString()).Test.Count);
        });
    }

    [Fact]
    public void Each_sample_may_name_its_file()
    {
        WriteFiles(new NpyArray((string[])["cats/a.png", "dogs/b.png"], 2));
        (Dataset train, Dataset test) = NpzDatasetReader.Read(_folder.ToString());
        Assert.Equal(["cats/a.png", "dogs/b.png"], train.SourceFiles);
        Assert.Equal("dogs/b.png", train.Select([1]).DescribeSample(0));
        Assert.Empty(train.Notes);
        Assert.Null(test.SourceFiles);
        Assert.Equal("image 1 of test.npz", test.Select([1]).DescribeSample(0));
    }

    [Theory]
    [InlineData("files, shape", "[2], a file for every sample", "a.png")]
    [InlineData("files[1]", "an empty text", "a.png", "")]
    public void Files_that_are_not_one_for_each_sample_are_refused(string field, string expectation, params string[] files)
        => RefusesFiles(new NpyArray(files, files.Length), field, expectation);

    [Fact]
    public void Files_that_are_no_text_are_refused()
        => RefusesFiles(new NpyArray((int[])[1, 2], 2), "files, dtype", "numpy.array(files, dtype=str)");

    private void WriteFiles(NpyArray files)
        => Npz.Write(_folder.File("train.npz"), ("x", new NpyArray(Pixels, 2, 1, 2, 2)), ("y", new NpyArray((int[])[0, 1], 2)),
            ("files", files));

    private void RefusesFiles(NpyArray files, string field, string expectation)
    {
        WriteFiles(files);
        var error = Assert.Throws<BadInputException>(() => NpzDatasetReader.Read(_folder.ToString()));
        Assert.Equal((_folder.File("train.npz"), field), (error.File, error.Field));
        Assert.Contains(expectation, error.Message, StringComparison.Ordinal);
    }

    private void Write(string split, NpyArray x, NpyArray y) => Npz.Write(_folder.File(split + ".npz"), ("x", x), ("y", y));

    private void Refuses(NpyArray x, NpyArray y, string field, string expectation)
    {
        Write("train", x, y);
        var error = Assert.Throws<BadInputException>(() => NpzDatasetReader.Read(_folder.ToString()));
        Assert.Equal(_folder.File("train.npz"), error.File);
        Assert.StartsWith(field, error.Field, StringComparison.Ordinal);
        Assert.Contains(expectation, error.Message, StringComparison.Ordinal);
    }
}
