using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>
/// The received part of a file, <c>NAME.part</c>, kept across tries and processes; with <c>NAME.part.tag</c>, by which the server
/// determines whether it still has the same file.
/// </summary>
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

    /// <summary>A description of what existed in its place and could not be resumed; null for nothing.</summary>
    public string? Replaced { get; }

    private string TagPath => _path + ".tag";

    /// <summary>Opens the part that an earlier try left, or creates a new one.</summary>
    /// <exception cref="BadInputException">Another process is writing it.</exception>
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
            throw new BadInputException(path, "file", "a file that another process is writing", "a file that no other ddm is writing",
                "Wait for the other process, or choose another folder with --to.", e);
        }
    }

    /// <exception cref="DiskException">The file could not be written.</exception>
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

    /// <exception cref="DiskException">The file could not be written; the existing part is kept.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            // Pass it to the operating system at once, so that a full disk is reported here.
            _file.Write(bytes);
            _file.Flush();
        }
        catch (Exception e) when (DiskException.IsRefusal(e))
        {
            throw new DiskException(_path, e);
        }
    }

    /// <summary>Flushes everything to the disk, so that a resumed download starts with what was received.</summary>
    /// <exception cref="DiskException">The file could not be written.</exception>
    public void Flush() => Named(() => DiskFlush.Run(_file));

    /// <summary>The difference from the known file, as (found, expected); null if there is none.</summary>
    public (string Found, string Expected)? Fault(KnownFile known, CancellationToken stop)
    {
        (string, string)? fault = FileChecksum.Fault(_file, known, stop);
        _file.Seek(0, SeekOrigin.End);
        return fault;
    }

    /// <summary>Renames the file to its final name.</summary>
    /// <exception cref="DiskException">The file could not be renamed.</exception>
    public void Finish(string target) => Named(() =>
    {
        Dispose();
        File.Move(_path, target, overwrite: true);
        File.Delete(TagPath);
    });

    /// <summary>Removes the received part.</summary>
    /// <exception cref="DiskException">The file could not be removed.</exception>
    public void Discard() => Named(() =>
    {
        Dispose();
        File.Delete(_path);
        File.Delete(TagPath);
    });

    public void Dispose() => _file.Dispose();

    /// <summary>Reads the tag. It is sent to the server, so only the characters that a server could have sent are accepted.</summary>
    private string? ReadTag()
        => OwnFile.ReadText(TagPath, LongestTag) is { Length: > 0 } tag && tag.All(c => c is >= ' ' and <= '~') ? tag : null;

    private void Named(Action work) => DiskException.Named(_path, () =>
    {
        work();
        return true;
    });
}
