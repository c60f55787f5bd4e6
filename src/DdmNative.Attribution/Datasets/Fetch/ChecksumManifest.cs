using System.Text;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>
/// A list of files with their SHA-256, in the format of <c>sha256sum</c>: 64 hexadecimal digits, two blanks (or a blank and a star), the
/// path. After a leading backslash the path is escaped: <c>\n</c>, <c>\r</c> or <c>\\</c> stand for a line break or a backslash. The format
/// <c>SHA256 (path) = digits</c> of BSD and <c>--tag</c> is also read, and a byte-order mark is ignored.
/// </summary>
public sealed class ChecksumManifest
{
    /// <summary>The file name, in a folder and at a mirror.</summary>
    public const string FileName = "SHA256SUMS";

    private const int Digits = 64;
    private const string Form = "64 hexadecimal digits, two blanks, a file", MakeIt = "Create it with sha256sum.";

    private ChecksumManifest(IReadOnlyList<(string Name, string Sha256)> entries) => Entries = entries;

    /// <summary>Relative paths with forward slashes, none of which leaves the folder; in the file's order.</summary>
    public IReadOnlyList<(string Name, string Sha256)> Entries { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="BadInputException">A line is malformed, a path leaves the folder, or a path occurs twice.</exception>
    public static ChecksumManifest Read(string path) => Parse(path, InputFile.ReadAll(path));

    /// <summary>Reads a file's bytes.</summary>
    /// <exception cref="BadInputException">As for <see cref="Read"/>.</exception>
    public static ChecksumManifest Parse(string path, byte[] bytes)
    {
        var entries = new List<(string, string)>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        ReadOnlySpan<byte> text = bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsSpan(Encoding.UTF8.Preamble.Length) : bytes;
        string[] lines = Encoding.UTF8.GetString(text).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].TrimEnd('\r');
            if (line.Length == 0 || line[0] == '#')
                continue;
            (string name, string sum) = Entry(line) ?? throw new BadInputException(path, $"line {i + 1}", line, Form, MakeIt);
            name = name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;
            if (!RelativePath.Stays(name))
                throw new BadInputException(path, $"line {i + 1}", name, "a path that stays in the folder",
                    "Create it with sha256sum inside the folder.");
            if (!names.Add(name))
                throw new BadInputException(path, $"line {i + 1}", $"{name} a second time", "every file once", "Remove one of the lines.");
            entries.Add((name, sum));
        }

        return entries.Count > 0
            ? new ChecksumManifest(entries) : throw new BadInputException(path, "file", "no lines", "a line for every file", MakeIt);
    }

    /// <summary>Writes the list of a folder's files into the folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="entries">Relative paths with forward slashes, and SHA-256.</param>
    public static void Write(string folder, IEnumerable<(string Name, string Sha256)> entries)
        => AtomicFile.WriteText(Path.Combine(folder, FileName),
            string.Concat(entries.OrderBy(entry => entry.Name, StringComparer.Ordinal).Select(entry => $"{entry.Sha256}  {entry.Name}\n")));

    /// <summary>The entry of a line; null if the format is unknown.</summary>
    private static (string Name, string Sha256)? Entry(string line)
    {
        bool isEscaped = line[0] == '\\';
        line = isEscaped ? line[1..] : line;
        bool isUsual = line.Length > Digits + 2 && line[Digits] == ' ' && line[Digits + 1] is ' ' or '*';
        (string Name, string Sum)? entry = isUsual ? (line[(Digits + 2)..], line[..Digits]) : Tagged(line);
        if (entry is not (string name, string sum) || sum.Length != Digits || !sum.All(char.IsAsciiHexDigit))
            return null;
        return isEscaped ? Unescaped(name) is string plain ? (plain, sum.ToLowerInvariant()) : null : (name, sum.ToLowerInvariant());
    }

    /// <summary>The format <c>SHA256 (path) = digits</c>.</summary>
    private static (string Name, string Sum)? Tagged(string line)
    {
        const string Tag = "SHA256 (", Between = ") = ";
        int end = line.LastIndexOf(Between, StringComparison.Ordinal);
        return line.StartsWith(Tag, StringComparison.Ordinal) && end > Tag.Length
            ? (line[Tag.Length..end], line[(end + Between.Length)..])
            : null;
    }

    private static string? Unescaped(string name)
    {
        var plain = new StringBuilder();
        for (int i = 0; i < name.Length; i++)
        {
            char? c = name[i] != '\\' ? name[i] : name.ElementAtOrDefault(++i) switch { '\\' => '\\', 'n' => '\n', 'r' => '\r', _ => null };
            if (c is null)
                return null;
            plain.Append(c);
        }

        return plain.ToString();
    }
}
