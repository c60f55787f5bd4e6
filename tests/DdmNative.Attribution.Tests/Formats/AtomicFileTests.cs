using DdmNative.Attribution.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Formats;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_finished_write_replaces_the_file_and_leaves_nothing_else()
    {
        AtomicFile.WriteText(_folder.File("run.json"), "old");
        AtomicFile.WriteText(_folder.File("run.json"), "größer");
        Assert.Equal("größer"u8.ToArray(), File.ReadAllBytes(_folder.File("run.json")));
        Assert.Single(Directory.GetFiles(_folder.ToString()));
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file_and_nothing_else()
    {
        AtomicFile.WriteText(_folder.File("run.json"), "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(_folder.File("run.json"), stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException("the disk is full, say");
        }));
        Assert.Equal("old", File.ReadAllText(_folder.File("run.json")));
        Assert.Single(Directory.GetFiles(_folder.ToString()));
    }

    [Theory]
    [InlineData(28, "Free space on its disk")]
    [InlineData(30, "Make its folder writable")]
    [InlineData(5, "Check the disk")]
    public void A_refusal_names_the_file_and_what_to_do(int error, string remedy)
    {
        string path = _folder.File("synset.safetensors");

        var refused = Assert.Throws<DiskException>(
            () => AtomicFile.Write(path, _ => throw new IOException($"the disk says {error} : '{path}.tmp'", error)));

        Assert.Equal(path, refused.Path);
        Assert.StartsWith($"{path}: could not be written (the disk says {error}). {remedy}", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.ToString()));
    }

    [Fact]
    public void Until_the_write_is_finished_readers_see_the_old_file()
    {
        AtomicFile.WriteText(_folder.File("run.json"), "old");
        AtomicFile.Write(_folder.File("run.json"), stream =>
        {
            stream.WriteByte((byte)'n');
            stream.Flush();
            Assert.Equal("old", File.ReadAllText(_folder.File("run.json")));
        });
        Assert.Equal("n", File.ReadAllText(_folder.File("run.json")));
    }

    [Fact]
    public void A_link_under_the_name_or_a_temporary_one_is_not_followed()
    {
        File.WriteAllText(_folder.File("precious"), "precious");
        File.CreateSymbolicLink(_folder.File("run.json"), _folder.File("precious"));
        File.CreateSymbolicLink(_folder.File("run.json.tmp"), _folder.File("precious"));

        AtomicFile.WriteText(_folder.File("run.json"), "new");

        Assert.Equal("precious", File.ReadAllText(_folder.File("precious")));
        Assert.Equal("new", File.ReadAllText(_folder.File("run.json")));
        Assert.Null(new FileInfo(_folder.File("run.json")).LinkTarget);
    }

    [Fact]
    public void A_temporary_name_cannot_be_foreseen_and_is_no_longer_than_file_systems_allow()
    {
        string path = _folder.File(new string('n', 251) + ".csv");

        Assert.NotEqual(AtomicFile.TemporaryNameFor(path), AtomicFile.TemporaryNameFor(path));
        AtomicFile.WriteText(path, "long");
        Assert.Equal("long", File.ReadAllText(path));
    }

    [Fact]
    public void What_a_killed_job_left_is_removed_but_not_behind_links()
    {
        string others = Directory.CreateDirectory(_folder.File("others")).FullName,
            run = Directory.CreateDirectory(_folder.File("run")).FullName;
        File.WriteAllText(Path.Combine(others, "a.tmp"), "another's");
        Directory.CreateSymbolicLink(Path.Combine(run, "link"), others);
        File.WriteAllText(AtomicFile.TemporaryNameFor(Path.Combine(run, "run.json")), "half");

        Assert.Equal(1, AtomicFile.RemoveTemporaries(run));
        Assert.True(File.Exists(Path.Combine(others, "a.tmp")));
    }
}
