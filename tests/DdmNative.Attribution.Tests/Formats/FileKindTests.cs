using DdmNative.Attribution.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Formats;

/// <summary>What is not a regular file is never opened by chance: a pipe would wait for ever.</summary>
public sealed class FileKindTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_folders_pipes_and_devices_are_told_apart_also_behind_links()
    {
        File.WriteAllText(_folder.File("file"), "");
        Directory.CreateDirectory(_folder.File("folder"));
        NamedPipe.Create(_folder.File("pipe"));
        foreach (string name in (string[])["file", "folder", "pipe", "nothing"])
            File.CreateSymbolicLink(_folder.File("to-" + name), _folder.File(name));

        foreach (string prefix in (string[])["", "to-"])
        {
            Assert.Equal(FileKind.Regular, FileKinds.Of(_folder.File(prefix + "file")));
            Assert.Equal(FileKind.Folder, FileKinds.Of(_folder.File(prefix + "folder")));
            Assert.Equal(FileKind.Pipe, FileKinds.Of(_folder.File(prefix + "pipe")));
            Assert.Equal(FileKind.Missing, FileKinds.Of(_folder.File(prefix + "nothing")));
        }

        Assert.Equal(FileKind.Device, FileKinds.Of("/dev/null"));
        Assert.Equal(FileKind.Missing, FileKinds.Of(_folder.File("file/below")));
        Assert.Equal(FileKind.Missing, FileKinds.Of("no\0file"));
    }

    [Fact]
    public void An_input_that_is_a_pipe_a_device_or_a_folder_is_refused_without_opening_it()
    {
        NamedPipe.Create(_folder.File("pipe"));

        Assert.Equal("a pipe", Assert.Throws<BadInputException>(() => InputFile.ReadAll(_folder.File("pipe"))).Found);
        Assert.Equal("a device", Assert.Throws<BadInputException>(() => InputFile.ReadAll("/dev/zero")).Found);
        Assert.Equal("a folder", Assert.Throws<BadInputException>(() => InputFile.ReadAll(_folder.ToString())).Found);
    }
}
