using System.Text;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>
/// Reads CIFAR-10 and CIFAR-100 in their binary form (www.cs.toronto.edu/~kriz/cifar.html): records of one label byte (CIFAR-100: coarse,
/// then fine; the fine label is used) and 3072 bytes, red, green and blue planes of 32×32.
/// </summary>
public static class CifarReader
{
    private const int Side = 32;
    private const int Pixels = 3 * Side * Side;

    /// <summary>Whether the folder looks like CIFAR-10 or CIFAR-100.</summary>
    public static bool Recognises(string folder) => IsHundred(folder) || TenBatches(folder).Length > 0;

    /// <summary>Reads <c>data_batch_*.bin</c> and <c>test_batch.bin</c>, or <c>train.bin</c> and <c>test.bin</c>.</summary>
    /// <exception cref="BadInputException">A file is missing, does not consist of complete records, or has a label out of
    /// range.</exception>
    public static (Dataset Train, Dataset Test) Read(string folder)
    {
        string name = FolderName.Of(folder);
        if (IsHundred(folder))
        {
            string[]? hundred = ClassNames(Path.Combine(folder, "fine_label_names.txt"), 100);
            return (ReadFiles(name + "/train", 100, hundred, [], Path.Combine(folder, "train.bin")),
                ReadFiles(name + "/test", 100, hundred, [], Path.Combine(folder, "test.bin")));
        }

        string[] batches = TenBatches(folder);
        string[]? ten = ClassNames(Path.Combine(folder, "batches.meta.txt"), 10);
        return (ReadFiles(name + "/train", 10, ten, Missing(folder, batches), batches),
            ReadFiles(name + "/test", 10, ten, [], Path.Combine(folder, "test_batch.bin")));
    }

    private static bool IsHundred(string folder) => File.Exists(Path.Combine(folder, "train.bin"));

    private static string[] TenBatches(string folder)
    {
        string[] batches = Directory.Exists(folder) ? Directory.GetFiles(folder, "data_batch_*.bin") : [];
        Array.Sort(batches, StringComparer.Ordinal);
        return batches;
    }

    /// <summary>A note if batches are missing: CIFAR-10 has five.</summary>
    private static string[] Missing(string folder, string[] batches)
    {
        IEnumerable<string> there = batches.Select(path => Path.GetFileName(path));
        string[] missing = [.. Enumerable.Range(1, 5).Select(i => $"data_batch_{i}.bin").Except(there)];
        return missing.Length == 0 ? []
            : [$"{folder}: no file {string.Join(", ", missing)}; the training set contains only the {batches.Length} other batches."];
    }

    /// <summary>The class names that come with the data, one per line; null if there are none, or not one for each class.</summary>
    private static string[]? ClassNames(string path, int classes)
    {
        if (!File.Exists(path))
            return null;
        string[] names = Encoding.UTF8.GetString(InputFile.ReadStored(path)).Split('\n',
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return names.Length == classes ? names : null;
    }

    private static Dataset ReadFiles(string name, int classes, string[]? classNames, string[] notes, params string[] files)
    {
        int labelBytes = classes == 10 ? 1 : 2;
        int record = labelBytes + Pixels;
        long[] counts = Array.ConvertAll(files, path => Records(path, record));
        InputFile.RequireArraySize(files[0], "file size (pixels of all files)", (Int128)counts.Sum() * Pixels);
        ImageSize.RequireMemory(files[0], "file size (pixels of all files)", (Int128)counts.Sum() * Pixels, sizeof(byte));

        var images = new float[counts.Sum() * Pixels];
        var labels = new int[counts.Sum()];
        int n = 0;
        foreach (string path in files)
        {
            ReadOnlySpan<byte> bytes = InputFile.ReadStored(path);
            for (int at = 0; at < bytes.Length; at += record, n++)
            {
                if (labelBytes == 2)
                    RequireLabel(path, at, "coarse label", bytes[at], 20);
                RequireLabel(path, at + labelBytes - 1, "label", bytes[at + labelBytes - 1], classes);
                labels[n] = bytes[at + labelBytes - 1];
                PixelBytes.ToFloats(bytes.Slice(at + labelBytes, Pixels), images.AsSpan(n * Pixels));
            }
        }

        return new Dataset(name, images, labels, 3, Side, Side, classes)
        {
            ClassNames = classNames,
            SourceParts = [.. files.Zip(counts, (path, count) => new SourcePart(Path.GetFileName(path), (int)count))],
            Notes = notes,
        };
    }

    private static long Records(string path, int record)
    {
        using FileStream file = InputFile.OpenStored(path);
        long whole = file.Length / record;
        if (whole == 0 || whole * record != file.Length)
            throw new BadInputException(path, $"byte {whole * record} (record {whole})", $"{file.Length} bytes in total",
                $"complete records of {record} bytes, at least one",
                "The file is truncated, too long or not in CIFAR's binary form: download it again.");
        return whole;
    }

    private static void RequireLabel(string path, int offset, string field, byte label, int classes)
    {
        if (label >= classes)
            throw new BadInputException(path, $"byte {offset} ({field})", $"{label}", $"0 to {classes - 1}",
                "The file is damaged or belongs to another dataset: download it again.");
    }
}
