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
    public void A_label_out_of_range_names_its_place(Array labels) => Refuses(new NpyArray(Pixels, 2, 1, 2, 2), new NpyArray(labels, 2), "y[1]", "");

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
