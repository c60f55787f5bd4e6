using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>Collects the files of a split that are not read, by reason, for a one-line note.</summary>
/// <param name="folder">The data's folder: file names are relative to it.</param>
internal sealed class LeftOut(string folder)
{
    private const int Shown = 2;

    private readonly OrderedDictionary<LeftOutReason, List<string>> _files = [];

    /// <param name="reason">The reason why it is not read.</param>
    /// <param name="path">One of the files.</param>
    public void Add(LeftOutReason reason, string path)
    {
        if (!_files.TryGetValue(reason, out List<string>? files))
            _files.Add(reason, files = []);
        files.Add(Relative(folder, path));
    }

    /// <summary>A file's path relative to the data's folder, with the same separators on all systems.</summary>
    public static string Relative(string folder, string path)
        => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/');

    /// <summary>One line with the counts and the first files for each reason; nothing if no file was left out.</summary>
    public IEnumerable<string> Notes
    {
        get
        {
            IEnumerable<string> counts = _files.Select(entry =>
                $"{entry.Value.Count} {(entry.Value.Count == 1 ? entry.Key.One : entry.Key.Many)} ({ShortList.Of(entry.Value, Shown)})");
            return _files.Count == 0 ? [] : [Printable.Of($"{folder}: left out {string.Join("; ", counts)}.")];
        }
    }
}
