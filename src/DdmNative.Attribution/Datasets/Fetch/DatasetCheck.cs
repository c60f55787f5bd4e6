using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>Checks a downloaded dataset against the folder's own list of checksums, or against those of the known datasets.</summary>
public static class DatasetCheck
{
    private const int MostNamed = 10;

    /// <summary>Checks a folder.</summary>
    /// <returns>A description of what was checked.</returns>
    /// <exception cref="BadInputException">Files are missing or changed, or there are no checksums; the message counts them and names the
    /// first.</exception>
    public static string Run(string folder, CancellationToken stop)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
            throw new BadInputException(MirrorAddress.Hide(folder), "folder", "no such folder", "a folder with a dataset",
                "Check the path and its spelling.");
        string list = Path.Combine(folder, ChecksumManifest.FileName);
        if (File.Exists(list))
        {
            var manifest = ChecksumManifest.Read(list);
            IReadOnlyList<string> faults = Faults(folder, manifest, stop);
            return faults.Count == 0
                ? $"{manifest.Entries.Count} files match {ChecksumManifest.FileName}"
                : throw new BadInputException(folder, ChecksumManifest.FileName, ShortList.Of(faults, MostNamed, "; ", "; and "),
                    "every file as listed", "Download the dataset again.", mostShown: 3000);
        }

        KnownDataset[] candidates = [
            .. KnownDatasets.All.Where(set => set.Files.All(file => File.Exists(Path.Combine(folder, file.Name))))];
        foreach (KnownDataset set in candidates)
        {
            if (set.Files.All(file => FileChecksum.Fault(Path.Combine(folder, file.Name), file, stop) is null))
                return $"{set.Files.Count} files match {set.Name} as published";
        }

        throw new BadInputException(folder, "files", candidates.Length == 0
            ? $"no {ChecksumManifest.FileName} and no published files of a known dataset"
                : $"files with the names of those of {string.Join(", ", candidates.Select(set => set.Name))}, with other contents",
            $"a folder that ddm data fetch has filled, or the published files of {KnownDatasets.Names}", "Download the dataset again.");
    }

    /// <summary>The files that are missing or changed.</summary>
    internal static IReadOnlyList<string> Faults(string folder, ChecksumManifest manifest, CancellationToken stop)
    {
        var faults = new List<string>();
        foreach ((string name, string sum) in manifest.Entries)
        {
            stop.ThrowIfCancellationRequested();
            string path = Path.Combine(folder, name);
            if (!File.Exists(path))
                faults.Add($"{Printable.Of(name)} is missing");
            else if (FileChecksum.Compute(path, stop) != sum)
                faults.Add($"{Printable.Of(name)} has been changed");
        }

        return faults;
    }
}
