using System.Buffers.Binary;
using System.IO.Compression;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Tests.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Datasets;

public sealed class IdxReaderTests : IDisposable
{
    private const string TrainImages = "train-images-idx3-ubyte", TrainLabels = "train-labels-idx1-ubyte";

    private readonly TempFolder _folder = new();

    public IdxReaderTests()
    {
        _folder.Write(TrainImages, Idx([3, 2, 2], [0, 51, 102, 255, 1, 2, 3, 4, 5, 6, 7, 8]));
        _folder.Write(TrainLabels, Idx([3], [1, 0, 1]));
        _folder.Write("t10k-images-idx3-ubyte", Idx([2, 2, 2], [9, 9, 9, 9, 0, 0, 0, 255]));
        _folder.Write("t10k-labels-idx1-ubyte", Idx([2], [0, 1]));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Images_and_labels_are_read_plain_and_gzipped(bool packed)
    {
        if (packed)
        {
            foreach (string file in Directory.GetFiles(_folder.ToString()))
            {
                File.WriteAllBytes(file + ".gz", Gzip(File.ReadAllBytes(file)));
                File.Delete(file);
            }
        }

        (Dataset train, Dataset test) = IdxReader.Read(_folder.ToString());
        Assert.Equal((3, 1, 2, 2, 2), (train.Count, train.Channels, train.Height, train.Width, train.Classes));
        Assert.Equal([0, 0.2f, 0.4f, 1], train.Image(0).ToArray());
        Assert.Equal([1, 0, 1], train.Labels);
        Assert.Equal([0, 0, 0, 1], test.Image(1).ToArray());
        Assert.Equal($"image 2 of {TrainImages}{(packed ? ".gz" : "")}", train.Select([2]).DescribeSample(0));
        Assert.EndsWith("/train", train.Name, StringComparison.Ordinal);
    }

    [Fact]
    public void Truncated_idx_images_name_file_and_offset() => Refuses(TrainImages, Idx([3, 2, 2], new byte[11]), "byte 27 (end)", "28");

    [Fact]
    public void Oversized_idx_images_name_file_and_offset() => Refuses(TrainImages, Idx([3, 2, 2], new byte[13]), "byte 28 (end)", "28");

    [Fact]
    public void A_truncated_header_names_file_and_offset() => Refuses(TrainImages, [0, 0, 8, 3, 0, 0], "byte 6", "a header of 16 bytes");

    [Fact]
    public void A_wrong_magic_names_what_was_expected()
    => Refuses(TrainImages, Idx([3], [1, 2, 3, 4, 5, 6, 7, 8]), "byte 0 (magic)", "0x00000803");

    [Fact]
    public void Other_element_types_are_refused()
    => Refuses(TrainLabels, [0, 0, 0x0D, 1, 0, 0, 0, 1, 0, 0, 0, 0], "byte 0 (magic)", "0x00000801");

    [Fact]
    public void An_axis_of_no_length_is_refused() => Refuses(TrainImages, Idx([3, 0, 2], []), "byte 8 (size of axis 1)", "at least 1");

    [Fact]
    public void Mismatched_counts_name_both_files() => Refuses(TrainLabels, Idx([2], [0, 1]), "byte 4 (label count)", TrainImages);

    [Fact]
    public void A_label_out_of_range_names_its_byte()
    => Refuses(TrainLabels, Idx([3], [1, 200, 0]), "byte 9 (label of sample 1)", "at most 1");

    [Fact]
    public void A_test_label_that_training_does_not_know_names_its_byte()
    => Refuses("t10k-labels-idx1-ubyte", Idx([2], [0, 2]), "byte 9 (label of sample 1)",
        "at most 1");

    [Fact]
    public void Splits_of_different_sizes_are_refused()
    => Refuses("t10k-images-idx3-ubyte", Idx([2, 1, 4], new byte[8]), "byte 8 (height and width)", "2x2");

    [Fact]
    public void A_header_that_claims_billions_of_images_is_refused_by_the_size_of_the_file()
        => Refuses(TrainImages, [0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3], "byte 19 (end)",
            "19 bytes");

    [Fact]
    public void A_packed_header_that_claims_billions_of_images_is_refused_before_unpacking()
    {
        File.Delete(_folder.File(TrainImages));
        Refuses(TrainImages + ".gz", Gzip([0, 0, 8, 3, 0x7F, 255, 255, 255, 0, 0, 0, 1, 0, 0, 0, 1, 7]), "(end)", "2147483663");
    }

    [Theory]
    [InlineData(11, "the end of the file")]
    [InlineData(13, "more data")]
    public void Packed_images_that_are_truncated_or_oversized_inside_are_refused(int pixels, string found)
    {
        File.Delete(_folder.File(TrainImages));
        Refuses(TrainImages + ".gz", Gzip(Idx([3, 2, 2], new byte[pixels])), "(end, unpacked)", found);
    }

    [Fact]
    public void A_damaged_gzip_is_refused()
    {
        File.Delete(_folder.File(TrainImages));
        byte[] packed = Gzip(Idx([3, 2, 2], [0, 51, 102, 255, 1, 2, 3, 4, 5, 6, 7, 8]));
        packed[^6] ^= 1; // the checksum
        Refuses(TrainImages + ".gz", packed, "(decompressed)", "damaged");
    }

    [Fact]
    public void A_file_is_unpacked_by_its_bytes_and_not_by_its_name()
    {
        byte[] good = File.ReadAllBytes(_folder.File(TrainImages));
        _folder.Write(TrainImages, Gzip(good));
        File.Move(_folder.File(TrainLabels), _folder.File(TrainLabels + ".gz"));
        Dataset train = IdxReader.Read(_folder.ToString()).Train;
        Assert.Equal([0, 0.2f, 0.4f, 1], train.Image(0).ToArray());
        Assert.Equal([1, 0, 1], train.Labels);
    }

    [Theory]
    [InlineData("<!DOCTYPE html><title>Not found</title>", "text ('<!DOCTYPE html>")]
    [InlineData("PK\u0003\u0004", "504B0304")]
    public void A_gz_that_is_neither_gzip_nor_idx_is_told_by_what_it_is(string content, string found)
    {
        File.Delete(_folder.File(TrainImages));
        Refuses(TrainImages + ".gz", System.Text.Encoding.Latin1.GetBytes(content), "byte 0", found);
    }

    [Fact]
    public void Labels_that_begin_at_one_are_refused_with_what_to_subtract()
    {
        _folder.Write("t10k-labels-idx1-ubyte", Idx([2], [2, 1]));
        Refuses(TrainLabels, Idx([3], [1, 2, 1]), "labels", "Subtract 1 from the labels");
    }

    [Fact]
    public void Labels_that_leave_a_class_out_are_refused_with_the_class()
    {
        _folder.Write("t10k-labels-idx1-ubyte", Idx([2], [1, 2]));
        Refuses(TrainLabels, Idx([3], [0, 2, 0]), "labels", "no training sample of class 1");
    }

    [Fact]
    public void Images_of_a_size_that_none_has_are_refused_before_they_are_unpacked()
    {
        File.Delete(_folder.File(TrainImages));
        Refuses(TrainImages + ".gz", Gzip([0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 8, 0, 0, 0, 8, 0, .. new byte[3 << 22]]),
            "byte 8 (height and width)", "1024 × 1024");
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        File.Delete(_folder.File(TrainLabels));
        Assert.EndsWith(TrainLabels, Assert.Throws<BadInputException>(() => IdxReader.Read(_folder.ToString())).File,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TrainImages, false)]
    [InlineData(TrainLabels, false)]
    [InlineData(TrainImages, true)]
    [InlineData(TrainLabels, true)]
    public void Mutated_files_are_read_or_refused(string name, bool packed)
    {
        byte[] good = File.ReadAllBytes(_folder.File(name));
        File.Delete(_folder.File(name));
        Fuzz.Run(packed ? Gzip(good) : good, bytes =>
        {
            _folder.Write(packed ? name + ".gz" : name, bytes);
            Assert.Equal(2, IdxReader.Read(_folder.ToString()).Test.Classes);
        });
    }

    /// <summary>A megabyte that unpacks to a gigabyte, after a header that says two images.</summary>
    [Fact]
    public void A_bomb_is_refused_once_it_is_longer_than_its_header_says()
    {
        byte[] good = File.ReadAllBytes(_folder.File(TrainImages));
        File.Delete(_folder.File(TrainImages));
        _folder.Write(TrainImages + ".gz", Gzip([.. good, .. new byte[64 << 20]]));
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Contains("more data", Assert.Throws<BadInputException>(() => IdxReader.Read(_folder.ToString())).Message,
            StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [SkippableFact]
    public void Fashion_MNISTs_classes_have_their_names_in_any_folder_and_packing()
    {
        const string packaged = "/usr/share/datasets/fashion-mnist";
        Skip.IfNot(Directory.Exists(packaged), "the package dataset-fashion-mnist is not installed");
        foreach (string file in Directory.GetFiles(packaged))
            File.CreateSymbolicLink(_folder.File(Path.GetFileName(file)), file);
        foreach (string file in (string[])[TrainImages, TrainLabels, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
            File.Delete(_folder.File(file));
        byte[] labels = Unpacked(Path.Combine(packaged, "t10k-labels-idx1-ubyte.gz"));
        File.Delete(_folder.File("t10k-labels-idx1-ubyte.gz"));
        _folder.Write("t10k-labels-idx1-ubyte", labels);

        (Dataset train, Dataset test) = IdxReader.Read(_folder.ToString());

        Assert.Equal("T-shirt/top", train.ClassNames![0]);
        Assert.Equal(["Shirt", "Sneaker", "Bag", "Ankle boot"], test.ClassNames!.Skip(6));
    }

    [Fact]
    public void A_folders_name_gives_no_class_names()
    {
        string named = Directory.CreateDirectory(_folder.File("fashion-mnist")).FullName;
        foreach (string file in Directory.GetFiles(_folder.ToString()))
            File.Copy(file, Path.Combine(named, Path.GetFileName(file)));
        Assert.Null(IdxReader.Read(named).Train.ClassNames);
    }

    private static byte[] Unpacked(string path)
    {
        using var gzip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        gzip.CopyTo(bytes);
        return bytes.ToArray();
    }

    private void Refuses(string name, byte[] bytes, string field, string expectation)
    {
        string path = _folder.Write(name, bytes);
        var error = Assert.Throws<BadInputException>(() => IdxReader.Read(_folder.ToString()));
        Assert.Equal(path, error.File);
        Assert.Contains(field, error.Field, StringComparison.Ordinal);
        Assert.Contains(expectation, error.Message, StringComparison.Ordinal);
    }

    private static byte[] Idx(int[] sizes, byte[] elements)
    {
        var header = new byte[4 + 4 * sizes.Length];
        header[2] = 8;
        header[3] = (byte)sizes.Length;
        for (int axis = 0; axis < sizes.Length; axis++)
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + 4 * axis), sizes[axis]);
        return [.. header, .. elements];
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
            gzip.Write(bytes);
        return packed.ToArray();
    }
}
