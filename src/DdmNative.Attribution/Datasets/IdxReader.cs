using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>
/// Reads IDX, the format of MNIST and its successors (yann.lecun.com/exdb/mnist): a magic number that contains type and rank, big-endian
/// sizes, bytes. A folder contains images [N, H, W] and labels [N] for each split, plain or gzipped. Images have one channel.
/// </summary>
public static class IdxReader
{
    private const int ImageMagic = 0x0803; // unsigned bytes, three axes
    private const int LabelMagic = 0x0801; // unsigned bytes, one axis
    private const string Damaged = "The file is damaged or not IDX: download it again.";

    /// <summary>Whether the folder looks like IDX.</summary>
    public static bool Recognises(string folder) => File.Exists(Find(folder, "train-images-idx3-ubyte"));

    /// <summary>
    /// Reads <c>train-…</c> and <c>t10k-…</c>, <c>images-idx3-ubyte</c> and <c>labels-idx1-ubyte</c>, each with or without <c>.gz</c>.
    /// </summary>
    /// <exception cref="BadInputException">A file is missing, truncated, too long or damaged, or the files do not belong
    /// together.</exception>
    public static (Dataset Train, Dataset Test) Read(string folder)
    {
        Split train = ReadSplit(folder, "train");
        Split test = ReadSplit(folder, "t10k");
        if (train.Height != test.Height || train.Width != test.Width)
            throw new BadInputException(test.ImageFile, "byte 8 (height and width)", $"{test.Height}x{test.Width}",
                $"{train.Height}x{train.Width}, as in {train.ImageFile}", "Use the splits of one dataset.");
        int classes = ClassCount.Infer((train.LabelFile, train.Labels), (test.LabelFile, test.Labels),
            sample => $"byte {8 + sample} (label of sample {sample})");
        string name = FolderName.Of(folder);
        IReadOnlyList<string>? classNames = KnownClassNames.Of(train.Labels, test.Labels, classes);
        return (train.ToDataset(name + "/train", classes, classNames), test.ToDataset(name + "/test", classes, classNames));
    }

    private static Split ReadSplit(string folder, string prefix)
    {
        string imageFile = Find(folder, prefix + "-images-idx3-ubyte");
        string labelFile = Find(folder, prefix + "-labels-idx1-ubyte");
        (int[] sizes, byte[] pixels) = ReadBytes(imageFile, ImageMagic);
        (int[] count, byte[] labels) = ReadBytes(labelFile, LabelMagic);
        if (sizes[0] != count[0])
            throw new BadInputException(labelFile, "byte 4 (label count)", $"{count[0]}", $"{sizes[0]}, the images of {imageFile}",
                "Use images and labels that belong together.");
        return new Split(imageFile, labelFile, PixelBytes.ToFloats(pixels), Array.ConvertAll(labels, b => (int)b), sizes[1], sizes[2]);
    }

    private static (int[] Sizes, byte[] Elements) ReadBytes(string path, int magic)
    {
        using FileStream file = InputFile.OpenStored(path);
        bool packed = IsPacked(path, file);
        using Stream stream = packed ? new GZipStream(file, CompressionMode.Decompress) : file;

        int rank = magic & 0xFF;
        Span<byte> header = stackalloc byte[4 + 4 * rank];
        int got = InputFile.ReadSome(stream, header, path, 0);
        if (got < header.Length)
            throw new BadInputException(path, $"byte {got}", "the end of the file", $"a header of {header.Length} bytes", Damaged);
        int found = BinaryPrimitives.ReadInt32BigEndian(header);
        if (found != magic)
            throw new BadInputException(path, "byte 0 (magic)", $"0x{found:X8}", $"0x{magic:X8} ({(rank == 3 ? "images" : "labels")})",
                "Check that images and labels are not exchanged.");

        var sizes = new int[rank];
        Int128 elements = 1;
        for (int axis = 0; axis < rank; axis++)
        {
            uint size = BinaryPrimitives.ReadUInt32BigEndian(header[(4 + 4 * axis)..]);
            elements *= size;
            if (size == 0)
                throw new BadInputException(path, $"byte {4 + 4 * axis} (size of axis {axis})", "0", "at least 1", Damaged);
        }

        // Before allocating: compare the size in the header with what the file can contain.
        Int128 room = packed ? (Int128)file.Length * InputFile.MostExpansion : file.Length - header.Length;
        if (packed ? elements > room : elements != room)
            throw new BadInputException(path,
                $"byte {Math.Min(file.Length, (long)Int128.Min(long.MaxValue, header.Length + elements))} (end)",
                $"{file.Length} bytes{(packed ? " packed" : "")}", $"{header.Length + elements}, according to the sizes from byte 4",
                $"The file is truncated or too long. {Damaged}");
        InputFile.RequireArraySize(path, "byte 4 (sizes)", elements);
        ImageSize.RequireMemory(path, "byte 4 (sizes)", elements, sizeof(byte));
        for (int axis = 0; axis < rank; axis++)
            sizes[axis] = BinaryPrimitives.ReadInt32BigEndian(header[(4 + 4 * axis)..]);
        if (rank == 3)
            ImageSize.Require(path, "byte 8 (height and width)", sizes[1], sizes[2]);

        byte[] bytes = InputFile.ReadUpTo(stream, path, (long)elements);
        if (bytes.Length != elements)
            throw new BadInputException(path, $"byte {header.Length + Math.Min(bytes.Length, (long)elements)} (end, unpacked)",
                bytes.Length < elements ? "the end of the file"
                : "more data", $"{header.Length + elements} bytes, according to the sizes from byte 4",
                $"The file is truncated or too long. {Damaged}");
        return (sizes, bytes);
    }

    /// <summary>
    /// Whether the bytes are gzipped. The content decides, whatever the file name: a browser may unpack a .gz and keep its name, or save a
    /// page that reports a missing file.
    /// </summary>
    private static bool IsPacked(string path, FileStream file)
    {
        Span<byte> start = stackalloc byte[64];
        start = start[..InputFile.ReadSome(file, start, path, 0)];
        file.Position = 0;
        if (start is [0x1F, 0x8B, ..])
            return true;
        // IDX starts with two zeros.
        if (start is not [0, ..] && path.EndsWith(".gz", StringComparison.Ordinal))
            throw new BadInputException(path, "byte 0", IsText(start) ? $"text ('{Encoding.ASCII.GetString(start).Trim()}')"
                : Convert.ToHexString(start[..Math.Min(4, start.Length)]),
                "gzip (1F8B) or IDX (0000)", "This is neither a gzipped file nor an IDX file: download it again.");
        return false;
    }

    private static bool IsText(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExceptInRange((byte)'\t', (byte)'~');

    private static string Find(string folder, string name)
    {
        string plain = Path.Combine(folder, name);
        return !File.Exists(plain) && File.Exists(plain + ".gz") ? plain + ".gz" : plain;
    }

    private sealed record Split(string ImageFile, string LabelFile, float[] Images, int[] Labels, int Height, int Width)
    {
        public Dataset ToDataset(string name, int classes, IReadOnlyList<string>? classNames)
            => new(name, Images, Labels, 1, Height, Width, classes)
            {
                ClassNames = classNames,
                SourceParts = [new SourcePart(Path.GetFileName(ImageFile), Labels.Length)],
            };
    }
}
