using DdmNative.Attribution.Datasets.Fetch;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>
/// Opens the data that the user specifies: a folder in one of the formats below, a file of features (<see cref="NpzFeatures"/>), a dataset
/// that was downloaded by name, or <c>generated:…</c>.
/// </summary>
public static class DatasetLocator
{
    /// <summary>All formats of folders: the one place where a new format is entered.</summary>
    internal static readonly (string Format, Func<string, bool> Recognises, Func<string, (Dataset, Dataset)> Read)[] Formats =
    [
        ("IDX (train-images-idx3-ubyte[.gz])", IdxReader.Recognises, IdxReader.Read),
        ("CIFAR binary (data_batch_*.bin or train.bin)", CifarReader.Recognises, CifarReader.Read),
        ("npz (train.npz)", NpzDatasetReader.Recognises, NpzDatasetReader.Read),
        ("image folders (train/CLASS/*.png)", ImageFolderReader.Recognises, ImageFolderReader.Read),
    ];

    /// <summary>The training and the test set.</summary>
    /// <param name="specification">A folder, an <c>.npz</c> file of features, the name of a downloaded dataset
    /// (<see cref="DatasetCache"/>), or
    /// <c>generated:classes=4,per-class=40,size=16,seed=1</c> (see <see cref="GeneratedOptions.Parse"/>).</param>
    /// <exception cref="BadInputException">There is no such folder, its format is unknown or ambiguous, or its files are
    /// invalid.</exception>
    public static (Dataset Train, Dataset Test) Open(string specification)
    {
        ArgumentException.ThrowIfNullOrEmpty(specification);
        if (specification == "generated" || specification.StartsWith("generated:", StringComparison.Ordinal))
            return GeneratedDataset.Make(GeneratedOptions.Parse(specification));
        specification = DatasetCache.Resolve(specification);
        if (NpzDatasetReader.RecognisesFile(specification))
            return Readable(specification, () => NpzDatasetReader.ReadFile(specification));
        if (!Directory.Exists(specification) && KnownDatasets.Find(specification) is KnownDataset known)
            throw new BadInputException(specification, "dataset", $"nothing in {DatasetCache.FolderOf(known.Name)}", "a downloaded dataset",
                $"Download it first: ddm data fetch {known.Name}.");
        if (!Directory.Exists(specification))
            throw NoFolder(specification);
        return Readable(specification, () => Read(specification));
    }

    private static (Dataset Train, Dataset Test) Read(string specification)
    {
        // In a folder that may be listed but not entered, names are visible but files are not.
        if (Directory.EnumerateFileSystemEntries(specification).FirstOrDefault() is string any)
            _ = File.GetAttributes(any);
        var recognised = Formats.Where(format => format.Recognises(specification)).ToList();
        if (recognised.Count != 1)
            throw new BadInputException(specification, "folder",
                recognised.Count == 0 ? "no known format" : string.Join(" and ", recognised.Select(format => format.Format)),
                $"one of {string.Join("; ", Formats.Select(format => format.Format))}",
                "Specify the folder that directly contains the files of one dataset.");
        return recognised[0].Read(specification);
    }

    /// <summary>
    /// Converts errors of the operating system about folders. <see cref="InputFile"/> opens the files and reports their errors itself.
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
        return new BadInputException(path, "folder", isThere ? "a file" : "no such folder",
            "a folder with a dataset, FEATURES.npz, or generated:…",
            isThere ? "Specify the folder that contains the file."
                : $"Check the path and its spelling, or specify another location with --data.{DatasetNames.Suggestion(path)}");
    }
}
