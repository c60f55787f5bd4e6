using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>
/// Reads folders of PNG, JPEG and PPM images, one folder per class: <c>train/CLASS/…</c> and <c>test/CLASS/…</c> (or <c>val/CLASS/…</c>),
/// with images in the class's folder or one level below; and Tiny-ImageNet's layout, whose validation images are in one folder with
/// <c>val_annotations.txt</c>.
/// </summary>
/// <remarks>
/// Classes are numbered and named in ordinal order of their folders' names, samples are in ordinal order of their paths. All images have
/// the same size. They have one channel if all of them are colourless, however they are stored, and otherwise red, green and blue; their
/// EXIF orientation is ignored.
/// </remarks>
public static class ImageFolderReader
{
    private const string Annotations = "val_annotations.txt";

    private static readonly LeftOutReason Unlabelled = new($"image without a line in {Annotations}",
        $"images without a line in {Annotations}");

    /// <summary>Whether the folder looks like this format.</summary>
    public static bool Recognises(string folder) => Directory.Exists(Path.Combine(folder, "train"));

    /// <summary>Reads both splits.</summary>
    /// <exception cref="BadInputException">A split or its images are missing; an image is damaged, of another format, or of another size
    /// than the first; or a class of the test split has no training images.</exception>
    public static (Dataset Train, Dataset Test) Read(string folder)
    {
        var leftOut = new LeftOut(folder);
        var notes = new List<string>();
        string trainFolder = Path.Combine(folder, "train");
        string[] classes = ClassFolders(trainFolder);
        List<Labelled> train = ReadClassFolders(trainFolder, classes, classes, leftOut);
        List<Labelled> test = TestSplit(folder, classes, leftOut, notes);
        notes.AddRange(leftOut.Notes);

        DecodedImage first = ImageFile.Read(train[0].Path);
        var trainPixels = new Pixels(folder, train, first.Width, first.Height);
        var testPixels = new Pixels(folder, test, first.Width, first.Height);
        int channels = trainPixels.Colourless && testPixels.Colourless ? 1 : 3;
        string name = FolderName.Of(folder);
        return (trainPixels.ToDataset(name + "/train", channels, classes, notes),
            testPixels.ToDataset(name + "/test", channels, classes, []));
    }

    private static string[] ClassFolders(string folder)
    {
        string[] names = SplitFolder.ClassFolders(folder);
        if (names.Length is 0 or > ClassCount.Most)
            throw new BadInputException(folder, "folder", $"{names.Length} folders",
                $"a folder for every class, 1 to {ClassCount.Most} of them",
                "Put the images of each class into a folder with the name of the class.");
        return names;
    }

    private static List<Labelled> ReadClassFolders(string folder, string[] names, string[] classes, LeftOut leftOut)
    {
        int[] labels = [.. names.Select(name => LabelOf(Path.Combine(folder, name), "folder", name, classes))];
        var split = new SplitFolder(leftOut);
        split.CollectStrays(folder);
        return [.. split.Images(folder, names).SelectMany((images, i) => images.Select(image => new Labelled(image, labels[i])))];
    }

    /// <summary>
    /// Test images are labelled by their folders. A split without class folders, such as the test set of a competition, cannot be used.
    /// </summary>
    private static List<Labelled> TestSplit(string folder, string[] classes, LeftOut leftOut, List<string> notes)
    {
        string validation = Path.Combine(folder, "val"), test = Path.Combine(folder, "test"),
            annotations = Path.Combine(validation, Annotations);
        string[] inTest = FoldersIn(test), inValidation = FoldersIn(validation);
        bool isTestLabelled = inTest.Intersect(classes).Any(), isValidationLabelled = inValidation.Intersect(classes).Any();
        if (File.Exists(annotations))
        {
            if (isTestLabelled)
                notes.Add($"{folder}: the test images are those of val/, labelled by {Annotations}; test/ is not used.");
            return Annotated(validation, annotations, classes, leftOut);
        }

        if (isTestLabelled || (Directory.Exists(test) && !isValidationLabelled && inTest.Length > 0))
        {
            if (isValidationLabelled)
                notes.Add($"{folder}: the test images are those of test/; val/ is not used.");
            return ReadClassFolders(test, inTest, classes, leftOut);
        }

        if (isValidationLabelled || (!Directory.Exists(test) && Directory.Exists(validation)))
        {
            if (Directory.Exists(test))
                notes.Add($"{folder}: the test images are those of val/; test/ has no folders of the classes of train/ and is not used.");
            return ReadClassFolders(validation, ClassFolders(validation), classes, leftOut);
        }

        string found = Directory.Exists(test)
            ? $"no folders in test/{(Directory.Exists(validation) ? ", and none of a class in val/" : "")}"
            : "train, but neither test nor val";
        throw new BadInputException(folder, "folder", found, "a folder with test images, sorted by class",
            "Put test images into test/CLASS/ or val/CLASS/.");
    }

    private static string[] FoldersIn(string split) => Directory.Exists(split) ? SplitFolder.ClassFolders(split) : [];

    /// <summary>Tiny-ImageNet's validation split: a line per image with its file, its class and a box, separated by tabs.</summary>
    private static List<Labelled> Annotated(string folder, string annotations, string[] classes, LeftOut leftOut)
    {
        var images = new List<Labelled>();
        var lineOf = new Dictionary<string, int>();
        string[] lines = System.Text.Encoding.UTF8.GetString(InputFile.ReadStored(annotations)).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string[] fields = lines[i].TrimEnd('\r').Split('\t');
            if (fields is [""])
                continue;
            if (fields.Length < 2 || fields[0] != Path.GetFileName(fields[0]) || fields[0].Length == 0)
                throw new BadInputException(annotations, $"line {i + 1}", lines[i], "FILE, a tab, CLASS", "Download the file again.");
            if (!lineOf.TryAdd(fields[0], i + 1))
                throw new BadInputException(annotations, $"line {i + 1}", $"{fields[0]}, which is already in line {lineOf[fields[0]]}",
                    "one line for every image", "Remove one of the lines.");
            images.Add(new Labelled(Path.Combine(folder, "images", fields[0]),
                LabelOf(annotations, $"line {i + 1} (class)", fields[1], classes)));
        }
        if (images.Count == 0)
            throw new BadInputException(annotations, "file", "no lines", "a line for every image", "Download the file again.");
        foreach (string name in SplitFolder.ImagesIn(Path.Combine(folder, "images")).Where(name => !lineOf.ContainsKey(name)))
            leftOut.Add(Unlabelled, Path.Combine(folder, "images", name));
        return images;
    }

    private static int LabelOf(string file, string field, string name, string[] classes)
    {
        int label = Array.BinarySearch(classes, name, StringComparer.Ordinal);
        return label >= 0
            ? label
            : throw new BadInputException(file, field, name, "a class of train/", "Use splits of one dataset, with the same class names.");
    }

    private sealed record Labelled(string Path, int Label);

    /// <summary>A split's pixels as bytes, [N, 3, H, W].</summary>
    private sealed class Pixels
    {
        private readonly string _folder;
        private readonly List<Labelled> _images;
        private readonly int _width;
        private readonly int _height;
        private readonly byte[] _bytes;

        public Pixels(string folder, List<Labelled> images, int width, int height)
        {
            int size = 3 * height * width;
            string field = $"pixels of {images.Count} images of {width} × {height}";
            InputFile.RequireArraySize(folder, field, (Int128)size * images.Count);
            ImageSize.RequireMemory(folder, field, (Int128)size * images.Count, sizeof(byte));
            (_folder, _images, _width, _height, _bytes) = (folder, images, width, height, new byte[size * images.Count]);
            var colourless = new bool[images.Count];
            var errors = new BadInputException?[images.Count];

            // Break, not Stop: every image before the first bad one is read, so that the error does not depend on the threads.
            Parallel.For(0, images.Count, (i, loop) =>
            {
                try
                {
                    DecodedImage image = ImageFile.Read(images[i].Path);
                    if (image.Width != width || image.Height != height)
                        throw new BadInputException(images[i].Path, "size", $"{image.Width} × {image.Height}",
                            $"{width} × {height}, as the first image",
                            "Resize all images to the same size first.");
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

        public Dataset ToDataset(string name, int channels, string[] classes, IReadOnlyList<string> notes)
        {
            int plane = _height * _width;
            var floats = new float[_images.Count * channels * plane];
            for (int i = 0; i < _images.Count; i++)
                PixelBytes.ToFloats(_bytes.AsSpan(i * 3 * plane, channels * plane), floats.AsSpan(i * channels * plane));
            return new Dataset(name, floats, [.. _images.Select(image => image.Label)], channels, _height, _width, classes.Length)
            {
                ClassNames = classes,
                SourceFiles = [.. _images.Select(image => LeftOut.Relative(_folder, image.Path))],
                Notes = notes,
            };
        }
    }
}
