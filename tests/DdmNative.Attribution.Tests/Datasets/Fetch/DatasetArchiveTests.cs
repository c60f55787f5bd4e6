using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Datasets.Fetch;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Tests.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Datasets.Fetch;

public sealed class DatasetArchiveTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_data_sets_own_folder_is_unpacked_without_its_name()
    {
        Unpack(Tar(("./", null), ("./set/", null), ("./set/train.bin", "one"), ("set/deep/x.txt", "two"), ("readme", "three")), "set");

        Assert.Equal(["deep/x.txt=two", "train.bin=one"], Unpacked());
    }

    [Fact]
    public void A_zip_is_unpacked_likewise()
    {
        Unpack(Zip(("set/", ""), ("set/train/a/1.png", "one"), ("other/x", "two")), "set", "archive.zip");

        Assert.Equal(["train/a/1.png=one"], Unpacked());
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("set/../../outside")]
    [InlineData("/outside")]
    [InlineData("set\\..\\outside")]
    [InlineData("c:/outside")]
    public void A_path_that_leads_out_of_the_folder_is_refused(string name)
    {
        Refused(Tar((name, "x")), "set", "leaves the folder");
        Refused(Zip((name, "x")), "set", "leaves the folder", "archive.zip");
        Assert.False(File.Exists(_folder.File("outside")));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Fifo)]
    public void What_is_no_plain_file_is_refused(TarEntryType type)
    {
        var entry = new PaxTarEntry(type, "set/link");
        if (type != TarEntryType.Fifo)
            entry.LinkName = "/etc/passwd";

        Refused(Tar(writer => writer.WriteEntry(entry)), "set", $"a {type}");
    }

    [Fact]
    public void A_link_in_a_zip_is_refused()
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            ZipArchiveEntry entry = zip.CreateEntry("set/link");
            entry.ExternalAttributes = 0xA1FF << 16;
            using Stream content = entry.Open();
            content.Write("/etc/passwd"u8);
        }

        Refused(bytes.ToArray(), "set", "a link", "archive.zip");
    }

    [Fact]
    public void A_file_that_is_there_twice_is_refused() => Refused(Tar(("set/a", "x"), ("set/a", "y")), "set", "twice");

    [Fact]
    public void An_archive_without_the_data_set_is_refused() => Refused(Tar(("other/a", "x")), "set", "no files under set/");

    [Theory]
    [InlineData("archive.tar.gz")]
    [InlineData("archive.zip")]
    public void Mutated_archives_are_unpacked_or_refused(string name)
    {
        (string, string?)[] entries = [.. Enumerable.Range(0, 6).Select(i => ($"set/file-{i}", (string?)new string((char)('a' + i), 40)))];
        Fuzz.Run(name.EndsWith(".zip", StringComparison.Ordinal) ? Zip(entries) : Tar(entries), bytes => Unpack(bytes, "set", name));
    }

    [Fact]
    public void A_fetched_archive_becomes_a_data_set_that_is_read_by_its_name()
    {
        byte[] record = new byte[3074];
        (record[0], record[1]) = (3, 42);
        byte[] archive = Tar(writer =>
        {
            foreach (string name in (ReadOnlySpan<string>)["train.bin", "test.bin"])
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile,
                    "cifar-100-binary/" + name) { DataStream = new MemoryStream(record) });
        });
        string mirror = Directory.CreateDirectory(_folder.File("mirror")).FullName;
        File.WriteAllBytes(Path.Combine(mirror, "cifar-100-binary.tar.gz"), archive);
        var request = new FetchRequest { Mirror = mirror, Folder = _folder.File("cifar") };
        var listener = new RecordingListener();
        Assert.Contains("SHA-256",
            Assert.Throws<BadInputException>(() => DatasetFetch.Run("cifar-100", request, listener, default)).Message,
            StringComparison.Ordinal);

        DatasetFetch.Run("cifar-100", request with { Verifies = false }, listener, default);

        (Dataset train, _) = DatasetLocator.Open(_folder.File("cifar"));
        Assert.Equal([42], train.Labels);
        Assert.Equal(["SHA256SUMS", "test.bin", "train.bin"],
            Directory.EnumerateFileSystemEntries(_folder.File("cifar")).Select(path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal));
        listener.Begun.Clear();
        DatasetFetch.Run("cifar-100", request with { Verifies = false }, listener, default);
        Assert.Empty(listener.Begun);
    }

    private void Unpack(byte[] archive, string root, string name = "archive.tar.gz")
    {
        if (Directory.Exists(_folder.File("to")))
            Directory.Delete(_folder.File("to"), recursive: true);
        Directory.CreateDirectory(_folder.File("to"));
        DatasetArchive.Unpack(_folder.Write(name, archive), root, _folder.File("to"), default);
    }

    private void Refused(byte[] archive, string root, string says, string name = "archive.tar.gz")
        => Assert.Contains(says, Assert.Throws<BadInputException>(() => Unpack(archive, root, name)).Message, StringComparison.Ordinal);

    private IEnumerable<string> Unpacked()
        => Directory.EnumerateFiles(_folder.File("to"), "*", SearchOption.AllDirectories)
            .Select(path => $"{Path.GetRelativePath(_folder.File("to"), path)}={File.ReadAllText(path)}").Order(StringComparer.Ordinal);

    private static byte[] Tar(params (string Name, string? Text)[] entries) => Tar(writer =>
    {
        foreach ((string name, string? text) in entries)
            writer.WriteEntry(text is null
                ? new PaxTarEntry(TarEntryType.Directory, name)
                    : new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
    });

    private static byte[] Tar(Action<TarWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var zipped = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (var writer = new TarWriter(zipped))
            write(writer);
        return bytes.ToArray();
    }

    private static byte[] Zip(params (string Name, string? Text)[] entries)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, string? text) in entries)
            {
                using Stream content = zip.CreateEntry(name).Open();
                content.Write(Encoding.UTF8.GetBytes(text!));
            }
        }

        return bytes.ToArray();
    }
}
