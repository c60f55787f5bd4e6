using System.Globalization;
using System.Text.RegularExpressions;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;
using Microsoft.Win32.SafeHandles;

namespace DdmNative.Cli.Output;

/// <summary>
/// A file that an option names for a result. Its kind is checked before any work is done, and decides how it is written. A regular file is
/// written as a whole or not at all; where the path is a link, the link's target is. Standard output (<c>-</c>), a pipe or a device is
/// written through. A folder, a path without a folder, and a file of the run itself are refused.
/// </summary>
internal sealed partial class OutputFile
{
    private const string StandardOutput = "-";
    private const int MostLinks = 40;

    private readonly string _path;
    private readonly FileKind _kind;
    private readonly int? _descriptor;

    private OutputFile(string path, FileKind kind, int? descriptor) => (_path, _kind, _descriptor) = (path, kind, descriptor);

    /// <summary>Whether it is standard output, which then takes no other text.</summary>
    public bool IsStandardOutput => _descriptor == 1;

    /// <summary>Looks at what an option names.</summary>
    /// <param name="option">For messages, e.g. <c>--csv</c>.</param>
    /// <param name="path">As it was typed.</param>
    /// <param name="run">The run whose own files it must not be; null for none.</param>
    /// <exception cref="BadUsageException">It cannot be written, or must not.</exception>
    public static OutputFile Find(string option, string path, string? run = null)
    {
        if (path.Length == 0)
            throw new BadUsageException($"{option}: found an empty text, expected a file.");
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
            throw new BadUsageException($"{option}: found {path}, but {folder} is {above.Describe()}; expected a file in a folder that is there.");
        if (run is not null && RunFolder.OwnFileAt(run, target) is string own)
            throw new BadUsageException($"{option}: found {path}, which is {own}, a file of the run itself; expected another name.");
        return new OutputFile(target, kind, null);
    }

    /// <summary>Refuses a path that can never be a folder, because it or one above it is a file.</summary>
    /// <param name="option">For messages.</param>
    /// <param name="path">As it was typed.</param>
    /// <exception cref="BadUsageException">It is empty, or leads through a file.</exception>
    public static void RequireFolder(string option, string path)
    {
        if (path.Length == 0)
            throw new BadUsageException($"{option}: found an empty text, expected a folder.");
        if (FileKinds.ObstacleTo(path) is (string above, FileKind kind))
            throw new BadUsageException($"{option}: found {path}, but {above} is {kind.Describe()}; expected a folder.");
    }

    /// <summary>Refuses two options that name one file.</summary>
    /// <exception cref="BadUsageException">They do.</exception>
    public static void RequireDifferent(string option, OutputFile? one, string otherOption, OutputFile? other)
    {
        if (one is not null && other is not null && one._path == other._path && one._kind is FileKind.Regular or FileKind.Missing)
            throw new BadUsageException($"{option} and {otherOption} name the same file; expected two.");
    }

    /// <summary>Writes it.</summary>
    /// <exception cref="DiskException">The disk, or who reads the pipe, refused.</exception>
    public void Write(Action<Stream> write)
    {
        if (_kind is FileKind.Regular or FileKind.Missing)
        {
            AtomicFile.Write(_path, write);
            return;
        }

        // Formats that go back to mend what they have written cannot do so in a pipe.
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

    /// <summary>The full path that a path leads to; of an open descriptor, the path that says so (/dev/stdout, /proc/self/fd/1).</summary>
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
            throw new BadUsageException($"{option}: found {path}, which is no path of a file; expected a file in a folder that is there.");
        }

        return target;
    }

    [GeneratedRegex(@"^(?:/dev|/proc/(?:self|[0-9]+))/fd/([0-9]{1,9})$")]
    private static partial Regex Descriptor();
}
