using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>
/// Folders of PNG, JPEG and PPM images, one folder a class: <c>train/CLASS/…</c> and <c>test/CLASS/…</c> (or <c>val/CLASS/…</c>), images in the class's folder or one
/// below it; and Tiny-ImageNet's layout, whose validation images lie in one folder beside <c>val_annotations.txt</c>.
/// </summary>
/// <remarks>
/// Classes are numbered in the ordinal order of their folders' names, samples in the ordinal order of their paths. All images have one size. They are taken as one channel if none of them has
/// any colour, however they are stored, and as red, green and blue otherwise; their EXIF orientation is left alone.
/// </remarks>
public static class ImageFolderReader
{
    private const string Annotations = "val_annotations.txt";

    private static readonly EnumerationOptions OneBelow = new() { RecurseSubdirectories = true, MaxRecursionDepth = 1 };

    /// <summary>Whether the folder looks like this format.</summary>
    public static bool Recognises(string folder) => Directory.Exists(Path.Combine(folder, "train"));

    /// <summary>Reads both splits.</summary>
    /// <exception cref="BadInputException">
    /// A split or its images are missing, an image is damaged, of another format or of another size than the first, a class of the test split has no training images.
    /// </exception>
    public static (Dataset Train, Dataset Test) Read(string folder)
    {
        string trainFolder = Path.Combine(folder, "train");
        string[] classes = SubFolders(trainFolder);
        List<Labelled> train = OfClassFolders(trainFolder, classes);
        List<Labelled> test = TestSplit(folder, classes);

        DecodedImage first = ImageFile.Read(train[0].Path);
        var trainPixels = new Pixels(folder, train, first.Width, first.Height);
        var testPixels = new Pixels(folder, test, first.Width, first.Height);
        int channels = trainPixels.Colourless && testPixels.Colourless ? 1 : 3;
        string name = FolderName.Of(folder);
        return (trainPixels.ToDataset(name + "/train", channels, classes.Length), testPixels.ToDataset(name + "/test", channels, classes.Length));
    }

    private static string[] SubFolders(string folder)
    {
        string[] names = [.. Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        if (names.Length is 0 or > ClassCount.Most)
            throw new BadInputException(folder, "folder", $"{names.Length} folders", $"a folder for every class, 1 to {ClassCount.Most} of them", "Put the images of a class into a folder of its name.");
        return names;
    }

    private static List<Labelled> OfClassFolders(string folder, string[] classes)
    {
        var images = new List<Labelled>();
        foreach (string name in SubFolders(folder))
        {
            string path = Path.Combine(folder, name);
            int label = LabelOf(path, "folder", name, classes);
            int before = images.Count;
            images.AddRange(ImagesBelow(path).Select(image => new Labelled(image, label)));
            if (images.Count == before)
                throw new BadInputException(path, "folder", "no images", ImageFile.Formats, "Remove the folder, or put the class's images into it.");
        }
        return images;
    }

    private static List<Labelled> TestSplit(string folder, string[] classes)
    {
        string validation = Path.Combine(folder, "val"), test = Path.Combine(folder, "test"), annotations = Path.Combine(validation, Annotations);
        if (File.Exists(annotations))
            return Annotated(validation, annotations, classes);
        if (Directory.Exists(test))
            return OfClassFolders(test, classes);
        if (Directory.Exists(validation))
            return OfClassFolders(validation, classes);
        throw new BadInputException(folder, "folder", "train, but neither test nor val", "a folder with test images", "Put test images into test/CLASS/.");
    }

    /// <summary>Tiny-ImageNet's validation split: a line per image, its file, its class and a box, separated by tabs.</summary>
    private static List<Labelled> Annotated(string folder, string annotations, string[] classes)
    {
        var images = new List<Labelled>();
        string[] lines = System.Text.Encoding.UTF8.GetString(InputFile.ReadAll(annotations)).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string[] fields = lines[i].TrimEnd('\r').Split('\t');
            if (fields is [""])
                continue;
            if (fields.Length < 2 || fields[0] != Path.GetFileName(fields[0]) || fields[0].Length == 0)
                throw new BadInputException(annotations, $"line {i + 1}", lines[i], "FILE, a tab, CLASS", "Fetch the file again.");
            images.Add(new Labelled(Path.Combine(folder, "images", fields[0]), LabelOf(annotations, $"line {i + 1} (class)", fields[1], classes)));
        }
        if (images.Count == 0)
            throw new BadInputException(annotations, "file", "no lines", "a line for every image", "Fetch the file again.");
        return images;
    }

    private static int LabelOf(string file, string field, string name, string[] classes)
    {
        int label = Array.BinarySearch(classes, name, StringComparer.Ordinal);
        return label >= 0
            ? label
            : throw new BadInputException(file, field, name, "a class that train/ has", "Use splits of one data set, with the same names of classes.");
    }

    private static IEnumerable<string> ImagesBelow(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder, "*", OneBelow).Order(StringComparer.Ordinal))
            if (ImageFile.HasKnownExtension(path))
                yield return path;
            else if (Path.GetExtension(path) != ".txt")
                throw new BadInputException(path, "file", "a file that is no image by its name", ImageFile.Formats, "Convert it, or move it out of the folder.");
    }

    private sealed record Labelled(string Path, int Label);

    /// <summary>A split's pixels as bytes, [N, 3, H, W].</summary>
    private sealed class Pixels
    {
        private readonly List<Labelled> _images;
        private readonly int _width;
        private readonly int _height;
        private readonly byte[] _bytes;

        public Pixels(string folder, List<Labelled> images, int width, int height)
        {
            int size = 3 * height * width;
            InputFile.RequireArraySize(folder, $"pixels of {images.Count} images of {width} × {height}", (Int128)size * images.Count);
            (_images, _width, _height, _bytes) = (images, width, height, new byte[size * images.Count]);
            var colourless = new bool[images.Count];
            var errors = new BadInputException?[images.Count];

            // Break, not Stop: every image before the first bad one is looked at, so that the error is the same whatever the threads do.
            Parallel.For(0, images.Count, (i, loop) =>
            {
                try
                {
                    DecodedImage image = ImageFile.Read(images[i].Path);
                    if (image.Width != width || image.Height != height)
                        throw new BadInputException(images[i].Path, "size", $"{image.Width} × {image.Height}", $"{width} × {height}, as the first image has",
                            "Bring all images to one size first.");
                    image.Planes.CopyTo(_bytes.AsSpan(i * size, size));
                    colourless[i] = image.Colourless;
                }
                catch (BadInputException e)
                {
                    errors[i] = e;
                    loop.Break();
                }
            });
            if (Array.Find(errors, error => error is not null) is BadInputException first)
                throw first;
            Colourless = Array.TrueForAll(colourless, grey => grey);
        }

        public bool Colourless { get; }

        public Dataset ToDataset(string name, int channels, int classes)
        {
            int plane = _height * _width;
            var floats = new float[_images.Count * channels * plane];
            for (int i = 0; i < _images.Count; i++)
                PixelBytes.ToFloats(_bytes.AsSpan(i * 3 * plane, channels * plane), floats.AsSpan(i * channels * plane));
            return new Dataset(name, floats, [.. _images.Select(image => image.Label)], channels, _height, _width, classes);
        }
    }
}
