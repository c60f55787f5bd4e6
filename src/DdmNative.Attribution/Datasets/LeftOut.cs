using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>What lies among a split's images and is not read, by the reason why, for one line that says so.</summary>
/// <param name="folder">The data's folder: the files are named relative to it.</param>
internal sealed class LeftOut(string folder)
{
    private const int Shown = 2;

    private readonly OrderedDictionary<LeftOutReason, List<string>> _files = [];

    /// <param name="reason">Why it is not read.</param>
    /// <param name="path">One of them.</param>
    public void Add(LeftOutReason reason, string path)
    {
        if (!_files.TryGetValue(reason, out List<string>? files))
            _files.Add(reason, files = []);
        files.Add(Relative(folder, path));
    }

    /// <summary>A file as the user finds it below the data's folder, alike on all systems.</summary>
    public static string Relative(string folder, string path) => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/');

    /// <summary>One line with the counts and the first of each, or none where nothing was left out.</summary>
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
