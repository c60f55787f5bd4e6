using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>What has arrived of a file, <c>NAME.part</c>, kept from one try and one process to the next; beside it <c>NAME.part.tag</c>, by which the server knows whether it still has that file.</summary>
internal sealed class PartFile : IDisposable
{
    private readonly string _path;
    private readonly FileStream _file;

    private PartFile(string path, FileStream file)
    {
        _path = path;
        _file = file;
        _file.Seek(0, SeekOrigin.End);
    }

    /// <summary>Bytes that are there.</summary>
    public long Length => _file.Length;

    private string TagPath => _path + ".tag";

    /// <summary>The server's validator (a strong ETag or a date) of what has arrived; null where it gave none.</summary>
    public string? Tag => File.Exists(TagPath) && File.ReadAllText(TagPath) is { Length: > 0 } tag ? tag : null;

    /// <summary>Opens what an earlier try has left, or begins.</summary>
    /// <exception cref="BadInputException">Another process is at it, or the folder cannot be written.</exception>
    public static PartFile Open(string target)
    {
        string path = target + ".part";
        try
        {
            return new PartFile(path, new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(path, "file", $"an error ({e.Message})", "a file that can be written and that no other ddm is at", "Wait for the other one, or choose another folder with --to.", e);
        }
    }

    /// <summary>Throws away what is there.</summary>
    public void Restart(string? tag)
    {
        _file.SetLength(0);
        if (tag is null)
            File.Delete(TagPath);
        else
            File.WriteAllText(TagPath, tag);
    }

    /// <exception cref="BadInputException">The disk refused; what is there stays.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _file.Write(bytes);
        }
        catch (IOException e)
        {
            throw new BadInputException(_path, $"byte {_file.Position}", $"an error ({e.Message})", "a disk with room for the file", "Make room, or choose another folder with --to; the same command goes on from what is there.", e);
        }
    }

    /// <summary>Everything to the disk, so that a resumed download begins with what was there.</summary>
    public void Flush() => _file.Flush(flushToDisk: true);

    /// <summary>What is wrong with it, as (found, expected); null where it is the file that is known.</summary>
    public (string Found, string Expected)? Fault(KnownFile known)
    {
        (string, string)? fault = FileChecksum.Fault(_file, known);
        _file.Seek(0, SeekOrigin.End);
        return fault;
    }

    /// <summary>Gives the file its own name.</summary>
    public void Finish(string target)
    {
        Dispose();
        File.Move(_path, target, overwrite: true);
        File.Delete(TagPath);
    }

    /// <summary>Removes what has arrived.</summary>
    public void Discard()
    {
        Dispose();
        File.Delete(_path);
        File.Delete(TagPath);
    }

    public void Dispose() => _file.Dispose();
}
