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
            throw new BadInputException(specification, "folder", "no such folder", "a folder with a data set, or generated:…",
                $"Check the path and its spelling.{DatasetNames.Suggestion(specification)}");

        var recognised = Formats.Where(format => format.Recognises(specification)).ToList();
        if (recognised.Count != 1)
            throw new BadInputException(specification, "folder",
                recognised.Count == 0 ? "no known format" : string.Join(" and ", recognised.Select(format => format.Format)),
                $"one of {string.Join("; ", Formats.Select(format => format.Format))}", "Name the folder that holds the files themselves, of one data set.");
        try
        {
            return recognised[0].Read(specification);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Files are opened by InputFile, which says so itself; this is a folder that cannot be listed.
            throw new BadInputException(specification, "folder", $"an error ({e.Message})", "folders that can be read", "Check the folder and its permissions.", e);
        }
    }
}
