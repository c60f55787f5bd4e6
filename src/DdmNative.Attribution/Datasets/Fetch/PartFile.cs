using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>What has arrived of a file, <c>NAME.part</c>, kept from one try and one process to the next; beside it <c>NAME.part.tag</c>, by which the server knows whether it still has that file.</summary>
internal sealed class PartFile : IArrival, IDisposable
{
    private const int LongestTag = 1000;

    private readonly string _path;
    private readonly FileStream _file;

    private PartFile(string path, FileStream file, string? replaced)
    {
        _path = path;
        _file = file;
        Replaced = replaced;
        _file.Seek(0, SeekOrigin.End);
        Tag = replaced is null ? ReadTag() : null;
    }

    public long Length => _file.Length;

    public string? Tag { get; private set; }

    /// <summary>What was there in its place and could not be gone on from, for people; null where that was nothing.</summary>
    public string? Replaced { get; }

    private string TagPath => _path + ".tag";

    /// <summary>Opens what an earlier try has left, or begins.</summary>
    /// <exception cref="BadInputException">Another process is at it.</exception>
    /// <exception cref="DiskException">The folder cannot be written.</exception>
    public static PartFile Open(string target)
    {
        string path = target + ".part";
        try
        {
            return DiskException.Named(path, () => new PartFile(path, OwnFile.Open(path, out string? replaced), replaced));
        }
        catch (DiskException e) when (e.IsBusy)
        {
            throw new BadInputException(path, "file", "that another process is writing it", "a file that no other ddm is at",
                "Wait for the other one, or choose another folder with --to.", e);
        }
    }

    /// <exception cref="DiskException">The disk refused.</exception>
    public void Restart(string? tag) => Named(() =>
    {
        _file.SetLength(0);
        Tag = tag;
        if (tag is null)
        {
            File.Delete(TagPath);
            return;
        }

        using FileStream file = OwnFile.Create(TagPath);
        file.Write(System.Text.Encoding.UTF8.GetBytes(tag));
    });

    /// <exception cref="DiskException">The disk refused; what is there stays.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            // To the operating system at once, so that a full disk is heard of here.
            _file.Write(bytes);
            _file.Flush();
        }
        catch (Exception e) when (DiskException.IsRefusal(e))
        {
            throw new DiskException(_path, e);
        }
    }

    /// <summary>Everything to the disk, so that a resumed download begins with what was there.</summary>
    /// <exception cref="DiskException">The disk refused.</exception>
    public void Flush() => Named(() => DiskFlush.Run(_file));

    /// <summary>What is wrong with it, as (found, expected); null where it is the file that is known.</summary>
    public (string Found, string Expected)? Fault(KnownFile known, CancellationToken stop)
    {
        (string, string)? fault = FileChecksum.Fault(_file, known, stop);
        _file.Seek(0, SeekOrigin.End);
        return fault;
    }

    /// <summary>Gives the file its own name.</summary>
    /// <exception cref="DiskException">The disk refused.</exception>
    public void Finish(string target) => Named(() =>
    {
        Dispose();
        File.Move(_path, target, overwrite: true);
        File.Delete(TagPath);
    });

    /// <summary>Removes what has arrived.</summary>
    /// <exception cref="DiskException">The disk refused.</exception>
    public void Discard() => Named(() =>
    {
        Dispose();
        File.Delete(_path);
        File.Delete(TagPath);
    });

    public void Dispose() => _file.Dispose();

    /// <summary>It goes to the server: nothing but what a server would have sent.</summary>
    private string? ReadTag()
        => OwnFile.ReadText(TagPath, LongestTag) is { Length: > 0 } tag && tag.All(c => c is >= ' ' and <= '~') ? tag : null;

    private void Named(Action work) => DiskException.Named(_path, () =>
    {
        work();
        return true;
    });
}
