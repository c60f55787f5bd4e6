using System.Globalization;
using System.Text.RegularExpressions;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;
using Microsoft.Win32.SafeHandles;

namespace DdmNative.Cli.Output;

/// <summary>
/// A file that an option names for a result. Its kind is checked before any work is done, and decides how it is written. A regular file is
/// written completely or not at all; if the path is a link, the link's target is written. Standard output (<c>-</c>), a pipe or a device is
/// written directly. A folder, a path in a missing folder, and a file of the run itself are rejected.
/// </summary>
internal sealed partial class OutputFile
{
    private const string StandardOutput = "-";
    private const int MostLinks = 40;

    private readonly string _path;
    private readonly FileKind _kind;
    private readonly int? _descriptor;

    private OutputFile(string path, FileKind kind, int? descriptor) => (_path, _kind, _descriptor) = (path, kind, descriptor);

    /// <summary>Whether it is standard output, which then contains no other text.</summary>
    public bool IsStandardOutput => _descriptor == 1;

    /// <summary>Checks a path that an option names.</summary>
    /// <param name="option">The option's name for messages, e.g. <c>--csv</c>.</param>
    /// <param name="path">The path as the user typed it.</param>
    /// <param name="run">The run whose files must not be overwritten; null for none.</param>
    /// <exception cref="BadUsageException">The file cannot or must not be written.</exception>
    public static OutputFile Find(string option, string path, string? run = null)
    {
        if (path.Length == 0)
            throw new BadUsageException($"{option}: found an empty string, expected a file.");
        if (path == StandardOutput)
            return new OutputFile(path, FileKind.Pipe, 1);
        string target = FollowLinks(option, path);
        if (Descriptor().Match(target) is { Success: true } match)
            return new OutputFile(path, FileKind.Pipe, int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
        FileKind kind = FileKinds.Of(target);
        string folder = Path.GetDirectoryName(target) ?? "";
        if (kind == FileKind.Folder)
            throw new BadUsageException($"{option}: found {path}, which is a folder; expected a file.");
        if (kind == FileKind.Missing && FileKinds.Of(folder) is not FileKind.Folder and FileKind above)
            throw new BadUsageException(
                $"{option}: found {path}, but {folder} is {above.Describe()}; expected a file in an existing folder.");
        if (run is not null && RunFolder.OwnFileAt(run, target) is string own)
            throw new BadUsageException($"{option}: found {path}, which is {own}, a file of the run itself; expected another name.");
        return new OutputFile(target, kind, null);
    }

    /// <summary>Rejects a path that cannot be a folder, because it or one of its parents is a file.</summary>
    /// <param name="option">The option's name for messages.</param>
    /// <param name="path">The path as the user typed it.</param>
    /// <exception cref="BadUsageException">It is empty, or one of its parents is a file.</exception>
    public static void RequireFolder(string option, string path)
    {
        if (path.Length == 0)
            throw new BadUsageException($"{option}: found an empty string, expected a folder.");
        if (FileKinds.ObstacleTo(path) is (string above, FileKind kind))
            throw new BadUsageException($"{option}: found {path}, but {above} is {kind.Describe()}; expected a folder.");
    }

    /// <summary>Rejects two options that name the same file.</summary>
    /// <exception cref="BadUsageException">They name the same file.</exception>
    public static void RequireDifferent(string option, OutputFile? one, string otherOption, OutputFile? other)
    {
        if (one is not null && other is not null && one._path == other._path && one._kind is FileKind.Regular or FileKind.Missing)
            throw new BadUsageException($"{option} and {otherOption} name the same file; expected two.");
    }

    /// <summary>Writes the file.</summary>
    /// <exception cref="DiskException">The disk, or the reader of the pipe, failed.</exception>
    public void Write(Action<Stream> write)
    {
        if (_kind is FileKind.Regular or FileKind.Missing)
        {
            AtomicFile.Write(_path, write);
            return;
        }

        // A format that seeks back to correct earlier bytes cannot do so in a pipe.
        using var whole = new MemoryStream();
        write(whole);
        whole.Position = 0;
        DiskException.Named(_path, () =>
        {
            using Stream stream = Open();
            whole.CopyTo(stream);
            stream.Flush();
            return true;
        });
    }

    private Stream Open() => _descriptor switch
    {
        1 => Console.OpenStandardOutput(),
        2 => Console.OpenStandardError(),
        int descriptor => new FileStream(new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Write),
        null => new FileStream(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite),
    };

    /// <summary>
    /// Returns the full path that a path leads to; for an open descriptor, the path that names it (/dev/stdout, /proc/self/fd/1).
    /// </summary>
    private static string FollowLinks(string option, string path)
    {
        string target;
        try
        {
            target = Path.GetFullPath(path);
            for (int links = 0; !Descriptor().IsMatch(target) && new FileInfo(target).LinkTarget is string next; links++)
            {
                if (links == MostLinks)
                    throw new BadUsageException($"{option}: found {path}, a link that leads to itself; expected a file.");
                target = Path.GetFullPath(next, Path.GetDirectoryName(target)!);
            }
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new BadUsageException($"{option}: found {path}, which is not the path of a file; expected a file in an existing folder.");
        }

        return target;
    }

    [GeneratedRegex(@"^(?:/dev|/proc/(?:self|[0-9]+))/fd/([0-9]{1,9})$")]
    private static partial Regex Descriptor();
}
