using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>
/// Downloads a dataset into a folder: downloads are resumable, each file is checked against its SHA-256 before it gets its name, and
/// archives are unpacked. The folder's list of files (<see cref="ChecksumManifest"/>) is written last: a folder with that list is complete,
/// and <c>ddm data verify</c> or <c>sha256sum -c</c> checks it.
/// </summary>
public sealed class DatasetFetch
{
    // Archives are unpacked under a name that cannot be predicted, so that nothing can be placed there beforehand. What a killed process
    // leaves is removed when no process uses the folder.
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

    /// <summary>Downloads a dataset, or its missing files.</summary>
    /// <param name="name">A known name, or any name for the files in a mirror's list of checksums.</param>
    /// <param name="request">The source, the destination and the settings.</param>
    /// <param name="listener">The progress listener.</param>
    /// <param name="stop">The cancellation token; the data received so far are kept.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="BadInputException">A file is not available, has the wrong checksum, or cannot be checked.</exception>
    /// <exception cref="DiskException">A file could not be written; the data received so far are kept.</exception>
    public static string Run(string name, FetchRequest request, IFetchListener listener, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(listener);
        KnownDataset? known = KnownDatasets.Find(name);
        if (known is null && (request.Mirror is null || !RelativePath.IsSafe(name) || name.Contains('/', StringComparison.Ordinal)))
            throw new BadInputException(MirrorAddress.Hide(name), "dataset", "an unknown name", KnownDatasets.Names,
                "For another dataset use --mirror; the list SHA256SUMS there names its files.");
        string folder = request.Folder ?? DatasetCache.FolderOf(name);
        using var mirror = Mirror.Open(request.Mirror ?? known!.Mirror, request.Download);
        var fetch = new DatasetFetch(name, folder, listener, stop);
        if (fetch.IsWhole())
        {
            listener.Note($"{name} is already downloaded and unchanged: {folder}");
            return folder;
        }

        ChecksumManifest? manifest = request.Manifest is not null
            ? ChecksumManifest.Read(request.Manifest) : known is null ? mirror.Manifest(listener.Note, stop) : null;
        IReadOnlyList<KnownFile> files = FilesOf(name, known, manifest, mirror.Name);
        if (request.Folder is null && OwnFile.IsOthersLink(folder))
            throw new BadInputException(folder, "folder", "a link that another user created", "a folder, or a link of your own",
                "Remove the link, or choose another folder with --to DIR.");
        CreateFolder(folder);
        var sums = new List<(string, string)>();
        foreach (KnownFile file in files)
            sums.AddRange(fetch.Obtain(mirror, file, request.Verifies));
        ChecksumManifest.Write(folder, sums);
        foreach (KnownFile archive in files.Where(file => file.IsArchive))
            DiskException.Named(folder, () => Delete(Path.Combine(folder, archive.Name)));
        return folder;
    }

    /// <summary>The files to download, each with its checksum.</summary>
    private static IReadOnlyList<KnownFile> FilesOf(string name, KnownDataset? known, ChecksumManifest? manifest, string address)
    {
        if (manifest?.Entries.FirstOrDefault(entry => !RelativePath.IsSafe(entry.Name)) is { Name: string strange })
            throw new BadInputException(address, ChecksumManifest.FileName, strange,
                "names that every operating system accepts: no backslash, colon or line break, at most 120 characters",
                "Rename the file at the mirror.");
        if (known is null)
        {
            return manifest is null
                ? throw new BadInputException(address, ChecksumManifest.FileName, "no such list", $"the checksums of the files of '{name}'",
                    "Specify a list with --sha256 FILE (created by sha256sum), or use one of " + KnownDatasets.Names + ".")
                : [.. manifest.Entries.Select(
                    entry => new KnownFile(entry.Name, entry.Sha256, Root: DatasetArchive.IsArchive(entry.Name) ? "" : null))];
        }

        if (manifest is null)
            return known.Files;
        return [.. known.Files.Select(file => manifest.Entries.FirstOrDefault(entry => entry.Name == file.Name) is { Sha256: string sum }
            ? file with { Sha256 = sum, UnpackedSha256 = null }
            : throw new BadInputException("--sha256", file.Name, "no line", $"the checksum of every file of {name}",
                "Add it, or remove --sha256: ddm knows this dataset's checksums."))];
    }

    /// <exception cref="BadInputException">There is a file with that name.</exception>
    /// <exception cref="DiskException">It cannot be created.</exception>
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

    /// <summary>Whether the folder's own list exists and matches; what is missing or changed is reported, and downloaded again.</summary>
    private bool IsWhole()
    {
        string list = Path.Combine(_folder, ChecksumManifest.FileName);
        if (!File.Exists(list))
            return false;
        IReadOnlyList<string> faults = DatasetCheck.Faults(_folder, ChecksumManifest.Read(list), _stop);
        if (faults.Count > 0)
            _listener.Note($"{_folder}: {ShortList.Of(faults, 1)}; downloading again.");
        return faults.Count == 0;
    }

    /// <summary>Downloads and checks one file; returns it, or the files unpacked from it, with their checksums.</summary>
    private List<(string Name, string Sha256)> Obtain(Mirror mirror, KnownFile file, bool verifies)
    {
        string path = Path.Combine(_folder, file.Name);
        RequireOwnFolders(file.Name);
        AtomicFile.MakeFolder(Path.GetDirectoryName(path)!);
        string stage = $"fetch {file.Name}";
        if (File.Exists(path) && (!verifies || FileChecksum.Fault(path, file, _stop) is null))
            _listener.Stage(stage, stage, isDone: true);
        else
            Download(mirror, file, path, stage, verifies);
        return file.Root is null ? [(file.Name, FileChecksum.Compute(path, _stop))] : Unpack(path, file.Root);
    }

    /// <summary>Rejects links among the folders of a file name: they would lead outside the dataset's folder.</summary>
    private void RequireOwnFolders(string name)
    {
        for (string? folder = Path.GetDirectoryName(name); !string.IsNullOrEmpty(folder); folder = Path.GetDirectoryName(folder))
        {
            string path = Path.Combine(_folder, folder);
            if (new DirectoryInfo(path).LinkTarget is string target)
                throw new BadInputException(path, "folder", $"a link to {target}", "a folder of the dataset itself",
                    "Remove the link, or choose another folder with --to DIR.");
        }
    }

    private void Download(Mirror mirror, KnownFile file, string path, string stage, bool verifies)
    {
        _listener.Stage(stage, $"fetch {file.Name} of {_name}", isDone: false);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        using var part = PartFile.Open(path);
        if (part.Replaced is string replaced)
            _listener.Note($"{path}.part: found {replaced}, which no earlier download created; removed, and downloading from the start.");
        bool resumed = part.Length > 0;
        while (true)
        {
            mirror.Fetch(file.Name, part, (done, total) => _listener.Progress(done / 1e6, Math.Max(done, total) / 1e6, "MB"),
                _listener.Note, _stop);
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
                    "The mirror has another file, or it was damaged during the transfer: try again or use another --mirror (--no-verify "
                    + "accepts it).");
            }

            // The existing part may belong to another file: download once from the start to find out.
            _listener.Note($"{file.Name}: what an earlier try left does not match the rest; downloading all of it.");
            part.Restart(null);
            resumed = false;
        }

        part.Finish(path);
        _listener.Finished(stage, watch.Elapsed.TotalSeconds);
    }

    /// <summary>Unpacks an archive into a temporary subfolder, then moves the files into place.</summary>
    private List<(string Name, string Sha256)> Unpack(string archive, string root)
    {
        string stage = $"unpack {Path.GetFileName(archive)}", temporary = Path.Combine(_folder, Unpacking + Path.GetRandomFileName());
        _listener.Stage(stage, stage, isDone: false);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        DateTime recent = DateTime.UtcNow - LeftFor;
        foreach (string left in Directory.EnumerateDirectories(_folder, Unpacking + "*")
            .Where(left => Directory.GetLastWriteTimeUtc(left) < recent))
            Directory.Delete(left, recursive: true);
        AtomicFile.MakeFolder(temporary);
        try
        {
            DatasetArchive.Unpack(archive, root, temporary, _stop);
            List<(string Name, string Sha256)> sums = [.. Directory.EnumerateFiles(temporary, "*", SearchOption.AllDirectories)
                .Select(path => (Path.GetRelativePath(temporary, path).Replace(Path.DirectorySeparatorChar, '/'),
                    FileChecksum.Compute(path, _stop)))];
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
