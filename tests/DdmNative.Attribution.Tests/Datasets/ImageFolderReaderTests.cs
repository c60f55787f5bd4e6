using System.Runtime.Versioning;
using System.Text;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Tests.Formats;
using SkiaSharp;
using Xunit;

namespace DdmNative.Attribution.Tests.Datasets;

public sealed class ImageFolderReaderTests : IDisposable
{
    private const int Width = 5;
    private const int Height = 4;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Classes_and_samples_are_numbered_by_name_and_pixels_go_to_planes()
    {
        Write("train/cat/2.png", Png(seed: 2));
        Write("train/cat/10.ppm", Ppm(seed: 10));
        Write("train/ant/images/a.PNG", Png(seed: 3));
        Write("train/ant/boxes.txt", [1, 2, 3]);
        Write("test/cat/x.png", Png(seed: 4));
        (Dataset train, Dataset test) = Read();
        Assert.Equal((3, 3, Height, Width, 2), (train.Count, train.Channels, train.Height, train.Width, train.Classes));
        Assert.Equal([0, 1, 1], train.Labels);
        Assert.Equal([1], test.Labels);
        ulong[] seeds = [3, 10, 2];
        for (int n = 0; n < 3; n++)
            for (int c = 0; c < 3; c++)
                for (int y = 0; y < Height; y++)
                    for (int x = 0; x < Width; x++)
                        Assert.Equal(Value(seeds[n], c, y, x) / 255f, train.Image(n)[(c * Height + y) * Width + x]);
    }

    [Fact]
    public void Images_without_colour_have_one_channel_however_they_are_stored()
    {
        Write("train/a/1.png", Png(seed: 1, grey: true));
        Write("train/a/2.pgm", Pgm(seed: 2));
        Write("test/a/1.ppm", Ppm(seed: 3, grey: true));
        (Dataset train, Dataset test) = Read();
        Assert.Equal((1, 1), (train.Channels, test.Channels));
        Assert.Equal(Value(2, 0, 1, 2) / 255f, train.Image(1)[Width + 2]);
    }

    [Fact]
    public void One_coloured_test_image_gives_every_image_three_channels()
    {
        Write("train/a/1.png", Png(seed: 1, grey: true));
        Write("val/a/1.png", Png(seed: 3));
        (Dataset train, Dataset test) = Read();
        Assert.Equal((3, 3), (train.Channels, test.Channels));
        Assert.Equal(train.Image(0)[..(Width * Height)].ToArray(), train.Image(0)[^(Width * Height)..].ToArray());
    }

    [Fact]
    public void Jpeg_is_read_within_its_quantisation()
    {
        Write("train/a/1.jpg", Jpeg(quality: 100));
        Write("test/a/1.jpeg", Jpeg(quality: 100));
        (Dataset train, _) = Read();
        double squares = 0;
        for (int y = 0; y < 8; y++)
            for (int x = 0; x < 8; x++)
                squares += Math.Pow(train.Image(0)[y * 8 + x] - 10 * (x + y) / 255.0, 2);
        Assert.InRange(Math.Sqrt(squares / 64), 0, 2 / 255.0);
    }

    [Fact]
    public void Tiny_ImageNets_validation_split_is_read_by_its_annotations()
    {
        Write("train/n01/images/n01_0.png", Png(seed: 1));
        Write("train/n02/images/n02_0.png", Png(seed: 2));
        Write("val/images/val_0.png", Png(seed: 3));
        Write("val/images/val_1.png", Png(seed: 4));
        Write("val/val_annotations.txt", Encoding.UTF8.GetBytes("val_1.png\tn02\t0\t0\t1\t1\r\nval_0.png\tn01\t0\t0\t1\t1\n"));
        Write("test/images/test_0.png", Png(seed: 5)); // without labels: left alone
        (_, Dataset test) = Read();
        Assert.Equal([1, 0], test.Labels);
        Assert.Equal(Value(4, 0, 0, 0) / 255f, test.Image(0)[0]);
    }

    [Theory]
    [InlineData("val_0.png\tn77\t0", "line 1 (class)", "n77")]
    [InlineData("../val_0.png\tn01\t0", "line 1", "a tab")]
    [InlineData("val_0.png n01", "line 1", "a tab")]
    [InlineData("\n", "file", "no lines")]
    public void Bad_annotations_name_their_line(string text, string field, string says)
    {
        Write("train/n01/1.png", Png(seed: 1));
        Write("val/images/val_0.png", Png(seed: 3));
        Write("val/val_annotations.txt", Encoding.UTF8.GetBytes(text));
        Refuses("val/val_annotations.txt", field, says);
    }

    [Fact]
    public void An_image_with_two_lines_in_the_annotations_is_refused_and_one_without_is_counted()
    {
        Write("train/n01/1.png", Png(seed: 1));
        for (int i = 0; i < 3; i++)
            Write($"val/images/val_{i}.png", Png(seed: 3));
        Write("val/val_annotations.txt", "val_1.png\tn01\n"u8.ToArray());
        (Dataset train, Dataset test) = Read();
        Assert.Equal(["val/images/val_1.png"], test.SourceFiles!);
        Assert.Contains("left out 2 images without a line in val_annotations.txt (val/images/val_0.png, val/images/val_2.png)",
            Assert.Single(train.Notes), StringComparison.Ordinal);
        Write("val/val_annotations.txt", "val_1.png\tn01\nval_0.png\tn01\nval_1.png\tn01\n"u8.ToArray());
        Refuses("val/val_annotations.txt", "line 3", "val_1.png, which is already in line 1");
    }

    [Theory]
    [InlineData("test/x.png")]
    [InlineData("test/images/x.png")]
    [InlineData("test/README")]
    public void Test_images_without_labels_give_way_to_labelled_ones_in_val(string unlabelled)
    {
        Write("train/a/1.png", Png(seed: 1));
        Write("val/a/1.png", Png(seed: 2));
        Write(unlabelled, Png(seed: 3));
        (Dataset train, Dataset test) = Read();
        Assert.Equal(["val/a/1.png"], test.SourceFiles!);
        Assert.Contains("those of val/; test/ has no folders of the classes", Assert.Single(train.Notes), StringComparison.Ordinal);
        Write("test/a/1.png", Png(seed: 3));
        if (!Directory.Exists(_folder.File("test/images")))
            Assert.Contains("test/; val/ is not used", Read().Train.Notes[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".ipynb_checkpoints")]
    [InlineData("@eaDir")]
    [InlineData("__MACOSX")]
    public void Folders_that_no_user_has_made_are_no_classes(string name)
    {
        Write("train/a/1.png", Png(seed: 1));
        Write("train/a/.DS_Store", [1]); // nobody misses it, so nobody is told
        Write($"train/a/{name}/1.png", Png(seed: 1));
        Write($"train/{name}/1.png", Png(seed: 1));
        Write("test/a/1.png", Png(seed: 2));
        (Dataset train, _) = Read();
        Assert.Equal((1, 1), (train.Count, train.Classes));
        Assert.Contains($"left out 2 hidden files or folders (train/{name}, train/a/{name}).", Assert.Single(train.Notes),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Images_that_are_too_deep_or_in_no_class_are_counted()
    {
        WriteGood();
        Write("train/a/x/y/1.png", Png(seed: 1));
        Write("train/a/x/y/z/2.png", Png(seed: 1));
        Write("train/a/x/3.png", Png(seed: 1));
        Write("train/stray.png", Png(seed: 1));
        (Dataset train, _) = Read();
        Assert.Equal(["train/a/01.png", "train/a/x/3.png"], train.SourceFiles!);
        string note = Assert.Single(train.Notes);
        Assert.Contains("1 file outside the class folders (train/stray.png)", note, StringComparison.Ordinal);
        Assert.Contains("2 images more than one level below their class folder (train/a/x/y/1.png, train/a/x/y/z/2.png)", note,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Classes_and_samples_keep_their_names_through_a_subset()
    {
        foreach (string name in (string[])["cat", "dog"])
            for (int i = 0; i < 3; i++)
                Write($"train/{name}/img_{i}.png", Png(seed: (ulong)i));
        Write("test/dog/1.png", Png(seed: 2));
        (Dataset train, Dataset test) = Read();
        Dataset subset = train.Select([5, 1]);
        Assert.Equal(["cat", "dog"], subset.ClassNames!);
        Assert.Equal(["cat", "dog"], test.ClassNames!);
        Assert.Equal(("train/dog/img_2.png", "train/cat/img_1.png"), (subset.FileOf(0), subset.FileOf(1)));
        Assert.Empty(train.Notes);
    }

    [SkippableFact]
    public void An_image_counts_once_whatever_links_lead_to_it()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need rights there");
        WriteGood();
        Write("elsewhere/far.png", Png(seed: 7));
        Write("elsewhere/near.png", Png(seed: 9));
        Link("train/a/00.png", "01.png"); // sorts before the image itself
        Link("train/a/again", "../a");
        Link("train/self", ".");
        Link("train/b", "../elsewhere");
        Link("train/a/far.png", "../../elsewhere/far.png");
        Write("train/c/1.png", Png(seed: 8));
        (Dataset train, _) = Read();
        string note = Assert.Single(train.Notes);
        Assert.Equal(["train/a/01.png", "train/a/far.png", "train/b/near.png", "train/c/1.png"], train.SourceFiles!);
        Assert.Contains("2 links to folders that contain them (train/self, train/a/again)", note, StringComparison.Ordinal);
        Assert.Contains("2 links to images that are already included (train/a/00.png, train/b/far.png)", note, StringComparison.Ordinal);
        File.Delete(_folder.File("elsewhere/near.png"));
        Refuses("train/b", "folder", "only links to images that are already included");
    }

    [SkippableFact]
    public void A_link_that_leads_nowhere_or_in_a_circle_is_refused()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need rights there");
        WriteGood();
        Link("train/a/2.png", "gone.png");
        Refuses("train/a/2.png", "link", "which does not exist");
        File.Delete(_folder.File("train/a/2.png"));
        Link("train/b", "c");
        Refuses("train/b", "link", "which does not exist");
        Link("train/c", "b");
        Refuses("train/b", "link", "a circle of links");
    }

    [SkippableFact]
    public void A_named_pipe_is_refused_rather_than_waited_for()
    {
        Skip.If(OperatingSystem.IsWindows(), "no named pipes in folders");
        WriteGood();
        using (var make = System.Diagnostics.Process.Start("mkfifo", [_folder.File("train/a/2.png")]))
            make.WaitForExit();
        Refuses("train/a/2.png", "file", "a pipe");
    }

    [Fact]
    public void An_empty_image_is_refused()
    {
        WriteGood();
        Write("train/a/2.png", []);
        Refuses("train/a/2.png", "file", "0 bytes");
    }

    [SkippableFact]
    [UnsupportedOSPlatform("windows")]
    public void A_class_folder_without_rights_is_not_said_to_be_empty()
    {
        Skip.If(Environment.IsPrivilegedProcess, "needs a user whom rights bind");
        WriteGood();
        File.SetUnixFileMode(_folder.File("train/a"), UnixFileMode.None);
        try
        {
            Refuses("train/a", "folder", "Check the folder and its permissions.");
        }
        finally
        {
            File.SetUnixFileMode(_folder.File("train/a"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(6, false)]
    [InlineData(2, true)]
    [InlineData(4, true)]
    public void Channels_of_16_bits_are_rounded(byte colour, bool interlaced)
    {
        string path = Write("alone/1.png", DeepPngFile.Make(colour, interlaced, 13, 11, Sixteen));
        DecodedImage image = ImageFile.Read(path);
        Assert.Equal((13, 11), (image.Width, image.Height));
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < 11; y++)
                for (int x = 0; x < 13; x++)
                    Assert.Equal((byte)Math.Round(Sixteen(colour is 0 or 4 ? 0 : c, y, x) / 257.0), image.Planes[(c * 11 + y) * 13 + x]);

        static ushort Sixteen(int c, int y, int x) => (ushort)(x * 4999 + y * 787 + c * 20011 + x * y * 31);
    }

    [Fact]
    public void Mutated_png_files_of_16_bits_are_read_or_refused()
        => Fuzz.Run(DeepPngFile.Make(6, true, 5, 4, (c, y, x) => (ushort)(c * 3000 + y * 700 + x)), bytes => ReadAlone("1.png", bytes));

    [Fact]
    public void An_image_of_another_size_is_named()
    {
        WriteGood();
        Write("train/a/2.jpg", Jpeg(quality: 90));
        Refuses("train/a/2.jpg", "size", "5 × 4, as the first image");
    }

    [Fact]
    public void Transparent_pixels_are_refused()
    {
        WriteGood();
        Write("train/a/2.png", Png(seed: 1, opacity: 7));
        Refuses("train/a/2.png", "pixel 0, 0", "opacity of 7");
    }

    [Fact]
    public void A_file_that_is_no_image_is_refused_rather_than_left_out()
    {
        WriteGood();
        Write("train/a/2.webp", [1]);
        Refuses("train/a/2.webp", "file", ".png, .jpg");
    }

    [Fact]
    public void Text_named_png_is_refused()
    {
        WriteGood();
        Write("train/a/2.png", "not an image"u8.ToArray());
        Refuses("train/a/2.png", "header", "an unknown image format");
    }

    [Fact]
    public void The_first_bad_image_is_reported_whatever_the_threads_do()
    {
        WriteGood();
        for (int i = 2; i < 40; i++)
            Write($"train/a/{i:00}.ppm", i % 5 == 0 ? [(byte)'P', (byte)'6'] : Ppm((ulong)i));
        for (int times = 0; times < 5; times++)
            Refuses("train/a/05.ppm", "byte 2 (width)", "no number");
    }

    [Fact]
    public void An_empty_class_is_refused()
    {
        WriteGood();
        Directory.CreateDirectory(_folder.File("train/b"));
        Refuses("train/b", "folder", "no images");
    }

    [Fact]
    public void A_test_class_that_was_not_trained_is_refused()
    {
        WriteGood();
        Write("test/z/1.png", Png(seed: 1));
        Refuses("test/z", "folder", "a class of train/");
    }

    [Fact]
    public void A_missing_test_split_is_named()
    {
        Write("train/a/1.png", Png(seed: 1));
        Refuses("", "folder", "test/CLASS/");
    }

    [Theory]
    [InlineData("P6 5000 4 255\n", "size", "1 to 1024")]
    [InlineData("P6 5 4 65535\n", "largest value", "255")]
    [InlineData("P6 5 4 255\nabc", "byte 11 (pixels)", "60")]
    [InlineData("P6 5 # wide\n", "byte 12 (height)", "a number")]
    [InlineData("P6 5x4 255\n", "byte 3 (width)", "a number")]
    public void A_bad_ppm_names_what_is_wrong(string header, string field, string says)
    {
        WriteGood();
        Write("train/a/2.ppm", Encoding.ASCII.GetBytes(header));
        Refuses("train/a/2.ppm", field, says);
    }

    [Fact]
    public void Comments_in_a_ppm_are_passed_over()
    {
        WriteGood();
        byte[] image = Ppm(seed: 9);
        Write("train/a/2.ppm", [.. "P6 # made by hand\n5 # wide\n# and\n4 255\n"u8, .. image.AsSpan(image.Length - 60)]);
        Assert.Equal(Value(9, 2, 3, 4) / 255f, Read().Train.Image(1)[^1]);
    }

    [Fact]
    public void Mutated_png_files_are_read_or_refused() => Fuzz.Run(Png(seed: 1), bytes => ReadAlone("1.png", bytes));

    [Fact]
    public void Mutated_jpeg_files_are_read_or_refused() => Fuzz.Run(Jpeg(quality: 80), bytes => ReadAlone("1.jpg", bytes));

    [Fact]
    public void Mutated_ppm_files_are_read_or_refused() => Fuzz.Run(Ppm(seed: 1), bytes => ReadAlone("1.ppm", bytes));

    [Fact]
    public void Mutated_pgm_files_are_read_or_refused() => Fuzz.Run(Pgm(seed: 1), bytes => ReadAlone("1.pgm", bytes));

    [Fact]
    public void Mutated_annotations_are_read_or_refused()
    {
        foreach (string name in (string[])["a", "b", "c"])
            Write($"train/{name}/images/1.png", Png(seed: 1));
        foreach (int i in Enumerable.Range(0, 4))
            Write($"val/images/val_{i}.png", Png(seed: (ulong)i));
        byte[] good = ("val_0.png\ta\t0\t0\t4\t3\nval_1.png\tc\t0\t0\t4\t3\n"u8
            + "val_2.png\tb\t0\t0\t4\t3\nval_3.png\ta\t0\t0\t4\t3\n"u8).ToArray();
        Fuzz.Run(good, bytes =>
        {
            Write("val/val_annotations.txt", bytes);
            Assert.NotEmpty(Read().Test.Labels);
        });
    }

    /// <summary>A picture of a thousand million pixels in a hundred bytes: refused by its header.</summary>
    [Fact]
    public void A_bomb_is_refused_before_its_pixels_are_unpacked()
    {
        byte[] png = Png(seed: 1);
        Array.Copy((byte[])[0, 0, 0x7F, 0xFF, 0, 0, 0x7F, 0xFF], 0, png, 16, 8);
        uint crc = Crc32.Compute(png.AsSpan(12, 17));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), crc);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal("size", Assert.Throws<BadInputException>(() => ReadAlone("bomb.png", png)).Field);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static byte Value(ulong seed, int c, int y, int x) => (byte)(seed * 37 + (ulong)(c * 71 + y * 13 + x * 5));

    private static byte[] Png(ulong seed, bool grey = false, byte opacity = 255)
    {
        using var bitmap = new SKBitmap(Width, Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        for (int y = 0; y < Height; y++)
            for (int x = 0; x < Width; x++)
                bitmap.SetPixel(x, y, new SKColor(Value(seed, 0, y, x), Value(seed, grey ? 0 : 1, y, x), Value(seed, grey ? 0 : 2, y, x),
                    opacity));
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private static byte[] Jpeg(int quality)
    {
        using var bitmap = new SKBitmap(8, 8, SKColorType.Rgba8888, SKAlphaType.Opaque);
        for (int y = 0; y < 8; y++)
            for (int x = 0; x < 8; x++)
                bitmap.SetPixel(x, y, new SKColor((byte)(10 * (x + y)), (byte)(10 * (x + y)), (byte)(10 * (x + y))));
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Jpeg, quality);
        return data.ToArray();
    }

    private static byte[] Ppm(ulong seed, bool grey = false)
        => [.. "P6\n5 4\n255\n"u8,
            .. Enumerable.Range(0, Width * Height * 3).Select(i => Value(seed, grey ? 0 : i % 3, i / 3 / Width, i / 3 % Width))];

    private static byte[] Pgm(ulong seed)
        => [.. "P5 5 4 255\n"u8, .. Enumerable.Range(0, Width * Height).Select(i => Value(seed, 0, i / Width, i % Width))];

    private void Link(string name, string target) => File.CreateSymbolicLink(_folder.File(name), target);

    private void WriteGood()
    {
        Write("train/a/01.png", Png(seed: 1));
        Write("test/a/1.png", Png(seed: 2));
    }

    private void ReadAlone(string name, byte[] bytes)
    {
        string path = Write("alone/" + name, bytes);
        DecodedImage image = ImageFile.Read(path);
        Assert.Equal(3 * image.Width * image.Height, image.Planes.Length);
    }

    private string Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(name))!);
        return _folder.Write(name, bytes);
    }

    private (Dataset Train, Dataset Test) Read() => DatasetLocator.Open(_folder.ToString());

    private void Refuses(string name, string field, string says)
    {
        var error = Assert.Throws<BadInputException>(() => Read());
        Assert.Equal(Path.TrimEndingDirectorySeparator(_folder.File(name)), error.File);
        Assert.Equal(field, error.Field);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }
}
