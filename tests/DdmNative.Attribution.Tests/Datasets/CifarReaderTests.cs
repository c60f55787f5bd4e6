using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Tests.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Datasets;

public sealed class CifarReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Cifar10_batches_are_read_in_order()
    {
        WriteTen();
        (Dataset train, Dataset test) = CifarReader.Read(_folder.ToString());
        Assert.Equal((3, 3, 32, 32, 10), (train.Count, train.Channels, train.Height, train.Width, train.Classes));
        Assert.Equal([3, 9, 0], train.Labels);
        Assert.Equal([7], test.Labels);
        Assert.Equal(2 / 255f, train.Images[2 * 3072]); // the first pixel of the second batch
        Assert.Equal(3 / 255f, train.Images[2 * 3072 + 1]);
    }

    [Fact]
    public void Cifar100_uses_the_fine_label()
    {
        _folder.Write("train.bin", [.. Record(1, 19, 99), .. Record(2, 0, 5)]);
        _folder.Write("test.bin", Record(1, 3, 42));
        (Dataset train, Dataset test) = CifarReader.Read(_folder.ToString());
        Assert.Equal([99, 5], train.Labels);
        Assert.Equal([42], test.Labels);
        Assert.Equal(100, test.Classes);
        Assert.Equal(2 / 255f, train.Image(1)[0]);
    }

    [Theory]
    [InlineData(3072, "byte 0 (record 0)")]
    [InlineData(3074, "byte 3073 (record 1)")]
    [InlineData(6145, "byte 3073 (record 1)")]
    public void Files_that_are_not_whole_records_name_file_and_offset(int length, string field)
    {
        WriteTen();
        Refuses("data_batch_2.bin", new byte[length], field, "complete records of 3073 bytes");
    }

    [Fact]
    public void An_empty_file_is_refused_before_it_is_opened()
    {
        WriteTen();
        Refuses("data_batch_2.bin", [], "file", "0 bytes");
    }

    [Fact]
    public void Names_that_come_with_the_data_name_the_classes()
    {
        WriteTen();
        string[] names = [.. Enumerable.Range(0, 10).Select(i => $"thing {i}")];
        _folder.Write("batches.meta.txt", System.Text.Encoding.UTF8.GetBytes(string.Join('\n', names) + "\n\n"));
        (Dataset train, Dataset test) = CifarReader.Read(_folder.ToString());
        Assert.Equal(names, train.ClassNames!);
        Assert.Equal(names, test.ClassNames!);
        _folder.Write("batches.meta.txt", "too few\n"u8.ToArray());
        Assert.Null(CifarReader.Read(_folder.ToString()).Train.ClassNames);
    }

    [Fact]
    public void Batches_that_are_missing_are_named()
    {
        WriteTen();
        Assert.Contains("no file data_batch_3.bin, data_batch_4.bin, data_batch_5.bin",
            Assert.Single(CifarReader.Read(_folder.ToString()).Train.Notes), StringComparison.Ordinal);
        for (int i = 3; i <= 5; i++)
            _folder.Write($"data_batch_{i}.bin", Record(2, 0));
        Assert.Empty(CifarReader.Read(_folder.ToString()).Train.Notes);
    }

    [Fact]
    public void A_label_out_of_range_names_its_byte()
    {
        WriteTen();
        Refuses("data_batch_1.bin", [.. Record(0, 1), .. Record(0, 10)], "byte 3073 (label)", "0 to 9");
    }

    [Theory]
    [InlineData(20, 5, "byte 0 (coarse label)", "0 to 19")]
    [InlineData(19, 100, "byte 1 (label)", "0 to 99")]
    public void Labels_of_cifar100_are_both_checked(byte coarse, byte fine, string field, string expectation)
    {
        _folder.Write("test.bin", Record(1, 3, 42));
        Refuses("train.bin", Record(0, coarse, fine), field, expectation);
    }

    [Fact]
    public void A_missing_test_file_is_named()
    {
        WriteTen();
        File.Delete(_folder.File("test_batch.bin"));
        Assert.Equal(_folder.File("test_batch.bin"), Assert.Throws<BadInputException>(() => CifarReader.Read(_folder.ToString())).File);
    }

    [Fact]
    public void Mutated_files_are_read_or_refused()
    {
        WriteTen();
        Fuzz.Run([.. Record(0, 1), .. Record(0, 2)], bytes =>
        {
            _folder.Write("data_batch_1.bin", bytes);
            Assert.Equal(10, CifarReader.Read(_folder.ToString()).Train.Classes);
        });
    }

    [Fact]
    public void Mutated_files_of_a_hundred_classes_are_read_or_refused()
    {
        byte[] record = [3, 42, .. Record(0, 3)[1..]];
        _folder.Write("test.bin", record);
        Fuzz.Run([.. record, .. record], bytes =>
        {
            _folder.Write("train.bin", bytes);
            Assert.Equal(100, CifarReader.Read(_folder.ToString()).Train.Classes);
        });
    }

    [Fact]
    public void An_image_is_described_by_its_place_in_its_batch()
    {
        WriteTen();
        Dataset train = CifarReader.Read(_folder.ToString()).Train;
        Assert.Equal(["image 0 of data_batch_1.bin", "image 1 of data_batch_1.bin", "image 0 of data_batch_2.bin"],
            Enumerable.Range(0, 3).Select(train.DescribeSample));
        Assert.Equal("image 0 of data_batch_2.bin", train.Select([2]).DescribeSample(0));
    }

    private void WriteTen()
    {
        _folder.Write("data_batch_1.bin", [.. Record(0, 3), .. Record(1, 9)]);
        _folder.Write("data_batch_2.bin", Record(2, 0));
        _folder.Write("test_batch.bin", Record(4, 7));
    }

    private static byte[] Record(int first, params byte[] labels)
        => [.. labels, .. Enumerable.Range(first, 3072).Select(value => (byte)value)];

    private void Refuses(string name, byte[] bytes, string field, string expectation)
    {
        string path = _folder.Write(name, bytes);
        var error = Assert.Throws<BadInputException>(() => CifarReader.Read(_folder.ToString()));
        Assert.Equal(path, error.File);
        Assert.Equal(field, error.Field);
        Assert.Contains(expectation, error.Message, StringComparison.Ordinal);
    }
}
