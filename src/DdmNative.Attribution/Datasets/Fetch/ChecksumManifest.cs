using System.Text;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>A list of files with their SHA-256, as <c>sha256sum</c> writes and checks it: 64 hexadecimal digits, two blanks (or a blank and a star), the path.</summary>
public sealed class ChecksumManifest
{
    /// <summary>What it is called in a folder and at a mirror.</summary>
    public const string FileName = "SHA256SUMS";

    private const int Digits = 64;

    private ChecksumManifest(IReadOnlyList<(string Name, string Sha256)> entries) => Entries = entries;

    /// <summary>Relative paths with forward slashes, none of which leads out of the folder; in the file's order.</summary>
    public IReadOnlyList<(string Name, string Sha256)> Entries { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="BadInputException">A line is not of the form, a path leads out of the folder, or stands there twice.</exception>
    public static ChecksumManifest Read(string path) => Parse(path, InputFile.ReadAll(path));

    /// <summary>Reads a file's bytes.</summary>
    /// <exception cref="BadInputException">As for <see cref="Read"/>.</exception>
    public static ChecksumManifest Parse(string path, byte[] bytes)
    {
        var entries = new List<(string, string)>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        string[] lines = Encoding.UTF8.GetString(bytes).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].TrimEnd('\r');
            if (line.Length == 0 || line[0] == '#')
                continue;
            string sum = line[..Math.Min(Digits, line.Length)].ToLowerInvariant();
            if (line.Length < Digits + 3 || !sum.All(char.IsAsciiHexDigit) || line[Digits] != ' ' || line[Digits + 1] is not (' ' or '*'))
                throw new BadInputException(path, $"line {i + 1}", line, "64 hexadecimal digits, two blanks, a file", "Make it with sha256sum.");
            string name = line[(Digits + 2)..];
            name = name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;
            if (!RelativePath.IsSafe(name))
                throw new BadInputException(path, $"line {i + 1}", name, "a path that stays in the folder", "Make it with sha256sum from inside the folder.");
            if (!names.Add(name))
                throw new BadInputException(path, $"line {i + 1}", $"{name} a second time", "every file once", "Remove one of the lines.");
            entries.Add((name, sum));
        }

        return entries.Count > 0 ? new ChecksumManifest(entries) : throw new BadInputException(path, "file", "no lines", "a line for every file", "Make it with sha256sum.");
    }

    /// <summary>Writes the list of files in a folder, into it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="entries">Relative paths with forward slashes, and SHA-256.</param>
    public static void Write(string folder, IEnumerable<(string Name, string Sha256)> entries)
        => AtomicFile.WriteText(Path.Combine(folder, FileName), string.Concat(entries.OrderBy(entry => entry.Name, StringComparer.Ordinal).Select(entry => $"{entry.Sha256}  {entry.Name}\n")));
}
