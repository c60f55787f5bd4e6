using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>
/// Brings a data set into a folder: each file resumable, checked by its SHA-256 before it gets its name, archives unpacked. Last of all the folder gets its list of files (<see cref="ChecksumManifest"/>):
/// a folder with that list is whole, and <c>ddm data verify</c> or <c>sha256sum -c</c> checks it.
/// </summary>
public sealed class DatasetFetch
{
    // Archives are unpacked under a name that nobody can put something in the way of; what a killed process has left is removed once nobody can
    // be at it.
    private const string Unpacking = "unpacking-";
    private static readonly TimeSpan LeftFor = TimeSpan.FromDays(1);

    private readonly string _name;
    private readonly string _folder;
    private readonly IFetchListener _listener;
    private readonly CancellationToken _stop;

    private DatasetFetch(string name, string folder, IFetchListener listener, CancellationToken stop)
    {
        _name = name;
        _folder = folder;
        _listener = listener;
        _stop = stop;
    }

    /// <summary>Fetches a data set, or what is missing of it.</summary>
    /// <param name="name">A known name, or any name for what a mirror's own list of checksums names.</param>
    /// <param name="request">From where, to where, and how.</param>
    /// <param name="listener">Who watches.</param>
    /// <param name="stop">The user's wish to interrupt; what has arrived stays.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="BadInputException">A file cannot be had, is not the one that it should be, or cannot be checked.</exception>
    /// <exception cref="DiskException">The disk refused; what has arrived stays.</exception>
    public static string Run(string name, FetchRequest request, IFetchListener listener, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(listener);
        KnownDataset? known = KnownDatasets.Find(name);
        if (known is null && (request.Mirror is null || !RelativePath.IsSafe(name) || name.Contains('/', StringComparison.Ordinal)))
            throw new BadInputException(MirrorAddress.Hide(name), "data set", "no known name", KnownDatasets.Names, "For another, name its --mirror; the list SHA256SUMS there says what its files are.");
        string folder = request.Folder ?? DatasetCache.FolderOf(name);
        using var mirror = Mirror.Open(request.Mirror ?? known!.Mirror, request.Download);
        var fetch = new DatasetFetch(name, folder, listener, stop);
        if (fetch.IsWhole())
        {
            listener.Note($"{name} is there already and is as it was left: {folder}");
            return folder;
        }

        ChecksumManifest? manifest = request.Manifest is not null ? ChecksumManifest.Read(request.Manifest) : known is null ? mirror.Manifest(listener.Note, stop) : null;
        IReadOnlyList<KnownFile> files = FilesOf(name, known, manifest, mirror.Name);
        if (request.Folder is null && OwnFile.IsOthersLink(folder))
            throw new BadInputException(folder, "folder", "a link that another user has put there", "a folder, or a link of your own",
                "Remove the link, or choose another folder with --to DIR.");
        CreateFolder(folder);
        var sums = new List<(string, string)>();
        foreach (KnownFile file in files)
            sums.AddRange(fetch.Bring(mirror, file, request.Verifies));
        ChecksumManifest.Write(folder, sums);
        foreach (KnownFile archive in files.Where(file => file.IsArchive))
            DiskException.Named(folder, () => Delete(Path.Combine(folder, archive.Name)));
        return folder;
    }

    /// <summary>The files to fetch, each with what it is checked by.</summary>
    private static IReadOnlyList<KnownFile> FilesOf(string name, KnownDataset? known, ChecksumManifest? manifest, string address)
    {
        if (manifest?.Entries.FirstOrDefault(entry => !RelativePath.IsSafe(entry.Name)) is { Name: string strange })
            throw new BadInputException(address, ChecksumManifest.FileName, strange,
                "names that every operating system takes: no backslash, colon or line break, 120 characters at most", "Rename the file at the mirror.");
        if (known is null)
        {
            return manifest is null
                ? throw new BadInputException(address, ChecksumManifest.FileName, "no such list", $"the checksums of the files of '{name}'", "Name a list with --sha256 FILE (made by sha256sum), or one of " + KnownDatasets.Names + ".")
                : [.. manifest.Entries.Select(entry => new KnownFile(entry.Name, entry.Sha256, Root: DatasetArchive.IsArchive(entry.Name) ? "" : null))];
        }

        if (manifest is null)
            return known.Files;
        return [.. known.Files.Select(file => manifest.Entries.FirstOrDefault(entry => entry.Name == file.Name) is { Sha256: string sum }
            ? file with { Sha256 = sum, UnpackedSha256 = null }
            : throw new BadInputException("--sha256", file.Name, "no line", $"the checksum of every file of {name}", "Add it, or leave --sha256 out: ddm knows this data set's checksums."))];
    }

    /// <exception cref="BadInputException">There is a file of that name.</exception>
    /// <exception cref="DiskException">It cannot be made.</exception>
    private static void CreateFolder(string folder)
    {
        if (File.Exists(folder))
            throw new BadInputException(folder, "folder", "a file", "a folder, or a new name", "Choose another with --to DIR.");
        AtomicFile.MakeFolder(folder);
    }

    private static bool Delete(string path)
    {
        File.Delete(path);
        return true;
    }

    /// <summary>Whether the folder's own list is there and right; what it lacks or has changed is said, and fetched again.</summary>
    private bool IsWhole()
    {
        string list = Path.Combine(_folder, ChecksumManifest.FileName);
        if (!File.Exists(list))
            return false;
        IReadOnlyList<string> faults = DatasetCheck.Faults(_folder, ChecksumManifest.Read(list), _stop);
        if (faults.Count > 0)
            _listener.Note($"{_folder}: {ShortList.Of(faults, 1)}; fetching again.");
        return faults.Count == 0;
    }

    /// <summary>One file, there and checked; and the files that it brings, with their checksums.</summary>
    private List<(string Name, string Sha256)> Bring(Mirror mirror, KnownFile file, bool verifies)
    {
        string path = Path.Combine(_folder, file.Name);
        RequireOwnFolders(file.Name);
        AtomicFile.MakeFolder(Path.GetDirectoryName(path)!);
        string stage = $"fetch {file.Name}";
        if (File.Exists(path) && (!verifies || FileChecksum.Fault(path, file, _stop) is null))
            _listener.Stage(stage, stage, isDone: true);
        else
            Download(mirror, file, path, stage, verifies);
        return file.Root is null ? [(file.Name, FileChecksum.Of(path, _stop))] : Unpack(path, file.Root);
    }

    /// <summary>A link among the folders of a name would lead what is fetched out of the data set's own folder.</summary>
    private void RequireOwnFolders(string name)
    {
        for (string? folder = Path.GetDirectoryName(name); !string.IsNullOrEmpty(folder); folder = Path.GetDirectoryName(folder))
        {
            string path = Path.Combine(_folder, folder);
            if (new DirectoryInfo(path).LinkTarget is string target)
                throw new BadInputException(path, "folder", $"a link to {target}", "a folder of the data set's own",
                    "Remove the link, or choose another folder with --to DIR.");
        }
    }

    private void Download(Mirror mirror, KnownFile file, string path, string stage, bool verifies)
    {
        _listener.Stage(stage, $"fetch {file.Name} of {_name}", isDone: false);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        using var part = PartFile.Open(path);
        if (part.Replaced is string replaced)
            _listener.Note($"{path}.part: found {replaced}, not what an earlier fetch has left; removed, and fetching from the start.");
        bool resumed = part.Length > 0;
        while (true)
        {
            mirror.Fetch(file.Name, part, (done, total) => _listener.Progress(done / 1e6, Math.Max(done, total) / 1e6, "MB"), _listener.Note, _stop);
            part.Flush();
            if (!verifies)
                break;
            (string Found, string Expected)? fault = part.Fault(file, _stop);
            if (fault is null)
                break;
            if (!resumed)
            {
                part.Discard();
                throw new BadInputException($"{mirror.Name}/{file.Name}", "checksum", fault.Value.Found, fault.Value.Expected,
                    "The mirror has another file, or it was damaged on its way: try again or name another --mirror (--no-verify takes it as it is).");
            }

            // What was there may have been of another file; once from the start tells.
            _listener.Note($"{file.Name}: what an earlier try has left does not go with the rest; fetching all of it.");
            part.Restart(null);
            resumed = false;
        }

        part.Finish(path);
        _listener.Finished(stage, watch.Elapsed.TotalSeconds);
    }

    /// <summary>Unpacks an archive beside the folder's files, then moves what came out of it into place.</summary>
    private List<(string Name, string Sha256)> Unpack(string archive, string root)
    {
        string stage = $"unpack {Path.GetFileName(archive)}", temporary = Path.Combine(_folder, Unpacking + Path.GetRandomFileName());
        _listener.Stage(stage, stage, isDone: false);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        DateTime recent = DateTime.UtcNow - LeftFor;
        foreach (string left in Directory.EnumerateDirectories(_folder, Unpacking + "*").Where(left => Directory.GetLastWriteTimeUtc(left) < recent))
            Directory.Delete(left, recursive: true);
        AtomicFile.MakeFolder(temporary);
        try
        {
            DatasetArchive.Unpack(archive, root, temporary, _stop);
            List<(string Name, string Sha256)> sums = [.. Directory.EnumerateFiles(temporary, "*", SearchOption.AllDirectories)
                .Select(path => (Path.GetRelativePath(temporary, path).Replace(Path.DirectorySeparatorChar, '/'), FileChecksum.Of(path, _stop)))];
            foreach (string entry in Directory.EnumerateFileSystemEntries(temporary))
            {
                string to = Path.Combine(_folder, Path.GetFileName(entry));
                DiskException.Named(to, () => Place(entry, to));
            }

            _listener.Finished(stage, watch.Elapsed.TotalSeconds);
            return sums;
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    private static bool Place(string from, string to)
    {
        if (Directory.Exists(to))
            Directory.Delete(to, recursive: true);
        if (Directory.Exists(from))
            Directory.Move(from, to);
        else
            File.Move(from, to, overwrite: true);
        return true;
    }
}
