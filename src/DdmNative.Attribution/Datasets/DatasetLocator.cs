using DdmNative.Attribution.Datasets.Fetch;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>Opens whatever the user names: a folder in one of the formats below, a data set that was fetched by its name, or <c>generated:…</c>.</summary>
public static class DatasetLocator
{
    private static readonly (string Format, Func<string, bool> Recognises, Func<string, (Dataset, Dataset)> Read)[] Formats =
    [
        ("IDX (train-images-idx3-ubyte[.gz])", IdxReader.Recognises, IdxReader.Read),
        ("CIFAR binary (data_batch_*.bin or train.bin)", CifarReader.Recognises, CifarReader.Read),
        ("npz (train.npz)", NpzDatasetReader.Recognises, NpzDatasetReader.Read),
        ("image folders (train/CLASS/*.png)", ImageFolderReader.Recognises, ImageFolderReader.Read),
    ];

    /// <summary>The training and the test set.</summary>
    /// <param name="specification">A folder, the name of a data set that was fetched (<see cref="DatasetCache"/>), or <c>generated:classes=4,per-class=40,size=16,seed=1</c> (see <see cref="GeneratedOptions.Parse"/>).</param>
    /// <exception cref="BadInputException">There is no such folder, its format is unknown or not one, or its files are bad.</exception>
    public static (Dataset Train, Dataset Test) Open(string specification)
    {
        ArgumentException.ThrowIfNullOrEmpty(specification);
        if (specification == "generated" || specification.StartsWith("generated:", StringComparison.Ordinal))
            return GeneratedDataset.Make(GeneratedOptions.Parse(specification));
        specification = DatasetCache.Resolve(specification);
        if (!Directory.Exists(specification) && KnownDatasets.Find(specification) is KnownDataset known)
            throw new BadInputException(specification, "data set", $"nothing in {DatasetCache.FolderOf(known.Name)}", "a data set that has been fetched", $"Fetch it first: ddm data fetch {known.Name}.");
        if (!Directory.Exists(specification))
            throw NoFolder(specification);
        return Readable(specification, () => Read(specification));
    }

    private static (Dataset Train, Dataset Test) Read(string specification)
    {
        // A folder that may be listed but not entered has names and no files.
        if (Directory.EnumerateFileSystemEntries(specification).FirstOrDefault() is string any)
            _ = File.GetAttributes(any);
        var recognised = Formats.Where(format => format.Recognises(specification)).ToList();
        if (recognised.Count != 1)
            throw new BadInputException(specification, "folder",
                recognised.Count == 0 ? "no known format" : string.Join(" and ", recognised.Select(format => format.Format)),
                $"one of {string.Join("; ", Formats.Select(format => format.Format))}", "Name the folder that holds the files themselves, of one data set.");
        return recognised[0].Read(specification);
    }

    /// <summary>
    /// Files are opened by <see cref="InputFile"/>, which says itself what is wrong with them; another refusal of the operating system is
    /// that of a folder.
    /// </summary>
    private static T Readable<T>(string folder, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (DiskException.IsRefusal(e))
        {
            throw new BadInputException(folder, "folder", $"an error ({e.Message})", "folders that can be read",
                "Check the folder and its permissions.", e);
        }
    }

    private static BadInputException NoFolder(string path)
    {
        bool isThere = Readable(path, () =>
        {
            try
            {
                _ = File.GetAttributes(path);
                return true;
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or ArgumentException)
            {
                return false;
            }
        });
        return new BadInputException(path, "folder", isThere ? "a file" : "no such folder", "a folder with a data set, or generated:…",
            isThere ? "Name the folder that holds the file."
                : $"Check the path and its spelling, or name another place with --data.{DatasetNames.Suggestion(path)}");
    }
}
