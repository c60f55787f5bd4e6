using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>Checks a data set that is there: by the folder's own list of checksums, or by those of the known data sets.</summary>
public static class DatasetCheck
{
    private const int MostNamed = 10;

    /// <summary>Checks a folder.</summary>
    /// <returns>What was checked, for people.</returns>
    /// <exception cref="BadInputException">Files are missing or changed, or there is nothing to check by; all of them are counted, the first named.</exception>
    public static string Run(string folder, CancellationToken stop)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
            throw new BadInputException(MirrorAddress.Hide(folder), "folder", "no such folder", "a folder with a data set", "Check the path and its spelling.");
        string list = Path.Combine(folder, ChecksumManifest.FileName);
        if (File.Exists(list))
        {
            var manifest = ChecksumManifest.Read(list);
            IReadOnlyList<string> faults = Faults(folder, manifest, stop);
            return faults.Count == 0
                ? $"{manifest.Entries.Count} files are as {ChecksumManifest.FileName} lists them"
                : throw new BadInputException(folder, ChecksumManifest.FileName, ShortList.Of(faults, MostNamed, "; ", "; and "), "every file as it is listed", "Fetch the data set again.", mostShown: 3000);
        }

        KnownDataset[] candidates = [.. KnownDatasets.All.Where(set => set.Files.All(file => File.Exists(Path.Combine(folder, file.Name))))];
        foreach (KnownDataset set in candidates)
        {
            if (set.Files.All(file => FileChecksum.Fault(Path.Combine(folder, file.Name), file, stop) is null))
                return $"{set.Files.Count} files are those of {set.Name} as published";
        }

        throw new BadInputException(folder, "files", candidates.Length == 0 ? $"no {ChecksumManifest.FileName} and no published files of a known data set" : $"files named as those of {string.Join(", ", candidates.Select(set => set.Name))}, with other contents",
            $"a folder that ddm data fetch has filled, or the published files of {KnownDatasets.Names}", "Fetch the data set again.");
    }

    /// <summary>What is missing or changed.</summary>
    internal static IReadOnlyList<string> Faults(string folder, ChecksumManifest manifest, CancellationToken stop)
    {
        var faults = new List<string>();
        foreach ((string name, string sum) in manifest.Entries)
        {
            stop.ThrowIfCancellationRequested();
            string path = Path.Combine(folder, name);
            if (!File.Exists(path))
                faults.Add($"{Printable.Of(name)} is missing");
            else if (FileChecksum.Of(path, stop) != sum)
                faults.Add($"{Printable.Of(name)} has been changed");
        }

        return faults;
    }
}
