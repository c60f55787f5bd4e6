using System.Diagnostics;
using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace DdmNative.Cli.Tests.Survival;

/// <summary>
/// A folder with everything that a path can lead to: a run, files and folders, a pipe, links, a file that nobody may read; and what became
/// of it.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class CommandWorld : IDisposable
{
    /// <summary>Data that any command is done with in no time.</summary>
    public const string Data = "generated:classes=2,per-class=6,test-per-class=3,size=8,clusters=1";

    private readonly Dictionary<string, string> _before;

    /// <param name="root">Made here, and removed.</param>
    /// <param name="run">A finished run, which is copied.</param>
    public CommandWorld(string root, string run)
    {
        // One further down, so that the folder above belongs to the world too.
        Root = Path.Combine(root, "within");
        Directory.CreateDirectory(Root);
        Copy(run, PathOf("run"));
        Directory.CreateDirectory(PathOf("folder"));
        File.WriteAllText(PathOf("folder/a file"), "nothing of ddm's\n");
        Directory.CreateDirectory(PathOf("empty"));
        File.WriteAllText(PathOf("file"), "nothing of ddm's\n");
        File.WriteAllText(PathOf("job.json"), """
            { "data": { "source": "DATA" }, "network": { "width": 4, "depth": 2 }, "training": { "epochs": 1 },
              "groups": { "per_class": 2 }, "attribution": { "methods": ["head"] } }
            """.Replace("DATA", Data, StringComparison.Ordinal));
        File.WriteAllText(PathOf("bad.json"), """{"data": {"source": 7}}""");
        File.WriteAllText(PathOf("groups.csv"), "sample,group\n" + string.Concat(Enumerable.Range(0, 12)
            .Select(sample => $"{sample},\u001b[2J\u0007source {sample % 3}\n")));
        File.CreateSymbolicLink(PathOf("link"), "file");
        File.CreateSymbolicLink(PathOf("dangling"), "nowhere");
        Directory.CreateSymbolicLink(PathOf("linked folder"), "folder");
        Process.Start("mkfifo", [PathOf("pipe")]).WaitForExit();
        File.WriteAllText(PathOf("unreadable"), "nothing of ddm's\n");
        Directory.CreateDirectory(PathOf("closed"));
        File.SetUnixFileMode(PathOf("unreadable"), UnixFileMode.None);
        File.SetUnixFileMode(PathOf("closed"), UnixFileMode.None);
        _before = Listing();
    }

    /// <summary>Paths of every kind, as they are written on a command line.</summary>
    public static IReadOnlyList<string> Paths { get; } =
        ["run", "run/", "new", "new/deeper", "folder", "folder/a file", "empty", "file", "file/below", "job.json", "bad.json",
            "groups.csv", "missing", "link", "dangling", "linked folder", "pipe", "unreadable", "closed",
            "closed/within", "/dev/null", "/dev/full", "/proc/self/mem", "run/run.json", "run/target.safetensors", ".", "..", "", " ", "~",
                "name\u001b[31m\u0007\nin red", "\u202Egnp.exe", new('x', 300)];

    public string Root { get; }

    /// <summary>
    /// What differs from the beginning, in words; the places that a command may write to aside, except that no device, pipe or link there
    /// may be another thing than it was.
    /// </summary>
    /// <param name="writable">Paths as they were written on the command line.</param>
    public IReadOnlyList<string> Changes(IEnumerable<string> writable)
    {
        // What lies under a folder's link lies in the folder.
        string[] places = [.. writable.Where(path => path.Trim().Length > 0)
            .Select(path => Path.GetRelativePath(Root, Path.GetFullPath(path, Root)))
            .Select(place => place == "linked folder" ? "folder" : place)];
        Dictionary<string, string> now = Listing();
        return [.. _before.Keys.Union(now.Keys).Order(StringComparer.Ordinal)
            .Where(name => _before.GetValueOrDefault(name) != now.GetValueOrDefault(name))
            .Where(name => IsSpecial(name) || !places.Any(place => place == "." || name == place
                || name.StartsWith(place + "/", StringComparison.Ordinal) || place.StartsWith(name + "/", StringComparison.Ordinal)))
            .Select(name => $"{name}: {_before.GetValueOrDefault(name, "nothing")} before, {now.GetValueOrDefault(name, "nothing")} now")];
    }

    public void Dispose()
    {
        foreach (string name in (string[])["unreadable", "closed"])
        {
            if (Path.Exists(PathOf(name)))
                File.SetUnixFileMode(PathOf(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Directory.Delete(Path.GetDirectoryName(Root)!, recursive: true);
    }

    private string PathOf(string name) => Path.Combine(Root, name);

    private bool IsSpecial(string name) => _before.TryGetValue(name, out string? kind)
        && (kind.StartsWith("link", StringComparison.Ordinal) || kind == "pipe");

    /// <summary>Everything there is, and what it is.</summary>
    private Dictionary<string, string> Listing()
    {
        var listing = new Dictionary<string, string>();
        List(new DirectoryInfo(Root), listing);
        return listing;
    }

    private void List(DirectoryInfo folder, Dictionary<string, string> listing)
    {
        foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0 }))
        {
            string name = Path.GetRelativePath(Root, entry.FullName);
            bool isOpen = name is not ("unreadable" or "closed");
            listing.Add(name, entry switch
            {
                { LinkTarget: string target } => $"link to {target}",
                DirectoryInfo => "folder",
                FileInfo when name == "pipe" && entry.UnixFileMode != UnixFileMode.None && IsPipe(entry.FullName) => "pipe",
                FileInfo when isOpen => $"file {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(entry.FullName)))[..8]}",
                _ => "file",
            });
            if (entry is DirectoryInfo inner && entry.LinkTarget is null && isOpen)
                List(inner, listing);
        }
    }

    private static bool IsPipe(string path)
    {
        using Process test = Process.Start("test", ["-p", path]);
        test.WaitForExit();
        return test.ExitCode == 0;
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
