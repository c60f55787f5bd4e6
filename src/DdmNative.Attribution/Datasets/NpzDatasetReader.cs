using System.Globalization;
using DdmNative.Attribution.Datasets.Rows;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>
/// Reads a folder with <c>train.npz</c> and <c>test.npz</c>: <c>x</c> [N, C, H, W] or [N, H, W] (one channel) as uint8 (divided by 255), or
/// as float32, float64 or bool (unchanged); <c>y</c> [N] of any integer type. Optional in either file: <c>classes</c>, the number of
/// classes (without it the highest label decides, and must be equal in both files); <c>class_names</c>, a text for each class;
/// <c>layout</c>, 'NCHW' or 'NHWC', the order of x's axes. If <c>x</c> is [N, D], it holds features of any model (<see
/// cref="NpzFeatures"/>), which may also come in one file with <c>x_test</c> and <c>y_test</c>. <c>files</c> [N] (<c>test_files</c> beside
/// <c>x_test</c>) are texts that say where each sample comes from.
/// </summary>
/// <remarks>Types and shapes are checked before any element is unpacked; other arrays are never unpacked.</remarks>
public static class NpzDatasetReader
{
    private const string Images = "x", Labels = "y", TestImages = "x_test", TestLabels = "y_test", Classes = "classes",
        ClassNames = "class_names", Layout = "layout", Files = "files", TestFiles = "test_files";
    private const string ChannelsFirst = "NCHW", ChannelsLast = "NHWC";

    /// <summary>The channels of a colour image with opacity; more than that are not colours.</summary>
    private const int MostColours = 4;

    private static readonly string[] Names = [Images, Labels, Classes, ClassNames, Layout, Files];
    private static readonly string[] NamesOfFile = [Images, Labels, TestImages, TestLabels, Classes, ClassNames, Files, TestFiles];
    private static readonly string[] PixelTypes = ["|u1", "<f4", "<f8", "|b1"];

    /// <summary>Whether the folder looks like this format.</summary>
    public static bool Recognises(string folder) => File.Exists(Path.Combine(folder, "train.npz"));

    /// <summary>Whether the path is that of one file with features.</summary>
    public static bool RecognisesFile(string path)
        => path.EndsWith(".npz", StringComparison.OrdinalIgnoreCase) && FileKinds.Of(path) == FileKind.Regular;

    /// <summary>Reads both splits of a folder.</summary>
    /// <exception cref="BadInputException">A file is missing or damaged, a type or shape is not as above, counts disagree, a pixel is not
    /// finite, a label is out of range, or the splits contradict each other.</exception>
    /// <exception cref="InsufficientMemoryException">The images do not fit in memory.</exception>
    public static (Dataset Train, Dataset Test) Read(string folder)
    {
        Split train = ReadSplit(Path.Combine(folder, "train.npz"));
        Split test = ReadSplit(Path.Combine(folder, "test.npz"));
        return Pair(train, test, FolderName.Of(folder));
    }

    /// <summary>
    /// Reads one file of features: <c>x</c> and <c>y</c> for training, <c>x_test</c> and <c>y_test</c> for testing. Without these, a share
    /// of every class is held out for testing (<see cref="HeldOut"/>).
    /// </summary>
    /// <exception cref="BadInputException">As for <see cref="Read"/>, or no test part can be held out.</exception>
    public static (Dataset Train, Dataset Test) ReadFile(string path)
    {
        using NpzFile file = NpzFile.Open(path);
        if (file.Header(Images).Shape.Length is not 2 and int axes)
            throw new BadInputException(path, "x, shape", $"{file.Header(Images).ShapeText}, {axes} axes", "[N, D], features",
                "For images, specify a folder with train.npz and test.npz.");
        int? classes = file.Has(Classes) ? ReadClasses(path, file) : null;
        string[]? names = file.Has(ClassNames) ? ReadNames(path, file) : null;
        IReadOnlyList<string> notes = Ignored(path, file, NamesOfFile);
        Split train = ReadFeatures(path, file, Images, Labels, Files) with { Classes = classes, ClassNames = names, Notes = notes };
        string name = Printable.Of(Path.GetFileNameWithoutExtension(path));
        if (file.Has(TestImages) || file.Has(TestLabels))
            return Pair(train, ReadFeatures(path, file, TestImages, TestLabels, TestFiles), name);
        (Dataset all, _) = Pair(train, train, name);
        return HeldOut.Split(path, all, name);
    }

    private static (Dataset Train, Dataset Test) Pair(Split train, Split test, string name)
    {
        if (!train.ImageShape.SequenceEqual(test.ImageShape))
            throw new BadInputException(test.File, "x, shape", $"images of {string.Join("x", test.ImageShape)}",
                $"{string.Join("x", train.ImageShape)}, as in {train.File}", "Use the splits of one dataset.");
        string[]? names = train.ClassNames ?? test.ClassNames;
        if (test.ClassNames is not null && !test.ClassNames.SequenceEqual(names!))
            throw new BadInputException(test.File, ClassNames, ShortList.Of(test.ClassNames, 3),
                $"{ShortList.Of(names!, 3)}, as in {train.File}", "Use the splits of one dataset.");
        if (train.Classes is not null && test.Classes is not null && train.Classes != test.Classes)
            throw new BadInputException(test.File, Classes, $"{test.Classes}", $"{train.Classes}, as in {train.File}",
                "Use the splits of one dataset.");
        int classes = train.Classes ?? test.Classes ?? names?.Length
            ?? ClassCount.Infer((train.File, train.Labels), (test.File, test.Labels), sample => $"{train.LabelsName}[{sample}]");
        if (names is not null && names.Length != classes)
            throw new BadInputException(train.ClassNames is null ? test.File : train.File, ClassNames, $"{names.Length} names",
                $"{classes}, one for each class", "Name every class, in the order of the labels.");
        IReadOnlyList<string>? classNames = names ?? KnownClassNames.Of(train.Labels, test.Labels, classes);
        return (train.ToDataset(name + "/train", classes, classNames), test.ToDataset(name + "/test", classes, classNames));
    }

    private static Split ReadSplit(string path)
    {
        using NpzFile file = NpzFile.Open(path);
        NpyHeader x = file.Header(Images);
        if (x.Shape.Length is not (2 or 3 or 4) || x.Shape.Contains(0))
            throw new BadInputException(path, "x, shape", x.ShapeText,
                "[N, C, H, W] or [N, H, W], images, or [N, D], features; none of them 0", "Reshape x.");
        int? classes = file.Has(Classes) ? ReadClasses(path, file) : null;
        string[]? names = file.Has(ClassNames) ? ReadNames(path, file) : null;
        IReadOnlyList<string> notes = Ignored(path, file, Names);
        if (x.Shape.Length == 2)
            return ReadFeatures(path, file, Images, Labels, Files) with { Classes = classes, ClassNames = names, Notes = notes };
        RequireLabels(path, file, Labels, x.Shape[0], "image");
        if (!PixelTypes.Contains(x.Descr))
            throw new BadInputException(path, "x, dtype", $"'{x.Descr}'", "uint8 (0 to 255), float32, float64 or bool",
                "Save x.astype(numpy.uint8) where its values are 0 to 255, x.astype(numpy.float32) otherwise.");
        bool channelsLast = HasChannelsLast(path, file, x);
        int[] imageShape = x.Shape.Length == 3 ? [1, .. x.Shape[1..]] : channelsLast ? [x.Shape[3], x.Shape[1], x.Shape[2]] : x.Shape[1..];
        ImageSize.Require(path, "x, shape", imageShape[1], imageShape[2]);
        ImageSize.RequireMemory(path, "x, shape", x.Count, NpyType.ElementSize(x.Descr)!.Value);

        float[] pixels = Pixels(path, file.Read(Images).Data);
        return new Split(path, new ArrayRows(channelsLast ? ToPlanes(pixels, imageShape) : pixels, imageShape[0] * imageShape[1]
            * imageShape[2]), Integers(path, Labels, file.Read(Labels).Data), imageShape)
        {
            Classes = classes,
            ClassNames = names,
            SourceFiles = ReadFiles(path, file, Files, x.Shape[0]),
            Notes = notes,
        };
    }

    private static Split ReadFeatures(string path, NpzFile file, string x, string y, string files)
    {
        NpyHeader header = NpzFeatures.Require(path, file, x);
        RequireLabels(path, file, y, header.Shape[0], "row");
        SampleRows rows = NpzFeatures.Read(path, file, x);
        return new Split(path, rows, Integers(path, y, file.Read(y).Data), [header.Shape[1], 1, 1])
        {
            IsFeatures = true,
            LabelsName = y,
            ImagesName = x,
            SourceFiles = ReadFiles(path, file, files, header.Shape[0]),
        };
    }

    private static void RequireLabels(string path, NpzFile file, string name, int samples, string sample)
    {
        NpyHeader y = file.Header(name);
        if (y.Shape.Length != 1 || y.Shape[0] != samples)
            throw new BadInputException(path, $"{name}, shape", y.ShapeText, $"[{samples}], a label for every {sample} of x",
                "Use samples and labels that belong together.");
        RequireInteger(path, name, y);
    }

    private static string[] Ignored(string path, NpzFile file, IReadOnlyList<string> names)
    {
        string[] others = [.. file.Names.Except(names)];
        return others.Length == 0 ? [] : [$"{path}: ignored {ShortList.Of(others, 5)}; only these are read: {string.Join(", ", names)}."];
    }

    /// <summary>
    /// Whether the last axis of x contains the channels, according to the file's layout entry. Without the entry the first axis contains
    /// them. A shape with more channels than colours, and with images as narrow as a pixel's number of colours, is then rejected, because
    /// it is far more likely to be the other order, which Keras and TensorFlow use.
    /// </summary>
    private static bool HasChannelsLast(string path, NpzFile file, NpyHeader x)
    {
        if (file.Has(Layout))
        {
            NpyHeader header = file.Header(Layout);
            string found = header.Descr.StartsWith("<U", StringComparison.Ordinal) && header.Count == 1
                ? ((string[])file.Read(Layout).Data)[0] : $"'{header.Descr}' {header.ShapeText}";
            return found is ChannelsFirst or ChannelsLast
                ? found == ChannelsLast && x.Shape.Length == 4
                : throw new BadInputException(path, Layout, found, $"the text '{ChannelsFirst}' or '{ChannelsLast}'",
                    "Correct the entry, or remove it.");
        }

        if (x.Shape.Length == 4 && x.Shape[3] <= MostColours && x.Shape[1] > MostColours && x.Shape[2] > MostColours)
            throw new BadInputException(path, "x, shape", $"{x.ShapeText}, which looks like [N, H, W, C]",
                "[N, C, H, W], the channels before height and width",
                $"Save numpy.ascontiguousarray(x.transpose(0, 3, 1, 2)), or add layout='{ChannelsLast}' to the file; "
                + $"add layout='{ChannelsFirst}' if these really are {x.Shape[1]} channels of {x.Shape[2]} × {x.Shape[3]}.");
        return false;
    }

    private static float[] ToPlanes(float[] pixels, int[] imageShape)
    {
        (int channels, int area) = (imageShape[0], imageShape[1] * imageShape[2]);
        var planes = new float[pixels.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            int image = i / (channels * area), pixel = i / channels % area, channel = i % channels;
            planes[(image * channels + channel) * area + pixel] = pixels[i];
        }

        return planes;
    }

    private static int ReadClasses(string path, NpzFile file)
    {
        NpyHeader header = file.Header(Classes);
        RequireInteger(path, Classes, header);
        if (header.Count != 1)
            throw new BadInputException(path, Classes, $"{header.Count} numbers", "one number",
                $"Store {Classes} as one integer; names of the classes go into {ClassNames}.");
        int value = Integers(path, Classes, file.Read(Classes).Data)[0];
        return value is > 0 and <= ClassCount.Most
            ? value
            : throw new BadInputException(path, Classes, $"{value}", $"one number from 1 to {ClassCount.Most}",
                $"Store {Classes} as one integer.");
    }

    private static string[] ReadNames(string path, NpzFile file)
    {
        NpyHeader header = RequireText(path, file, ClassNames);
        if (header.Shape.Length != 1 || header.Count is 0 or > ClassCount.Most)
            throw new BadInputException(path, $"{ClassNames}, shape", header.ShapeText,
                $"[K], a name for each of 1 to {ClassCount.Most} classes", "Store one text for each class.");
        return (string[])file.Read(ClassNames).Data;
    }

    /// <summary>The file of every sample; null if the archive names none.</summary>
    private static string[]? ReadFiles(string path, NpzFile file, string name, int samples)
    {
        if (!file.Has(name))
            return null;
        NpyHeader header = RequireText(path, file, name);
        if (header.Shape.Length != 1 || header.Shape[0] != samples)
            throw new BadInputException(path, $"{name}, shape", header.ShapeText, $"[{samples}], a file for every sample",
                "Store one text for each sample, in the samples' order.");
        var files = (string[])file.Read(name).Data;
        int bad = Array.FindIndex(files, string.IsNullOrWhiteSpace);
        return bad < 0 ? files : throw new BadInputException(path, $"{name}[{bad}]", "an empty text", "the sample's file",
            $"Name a file for every sample, or leave out {name}.");
    }

    private static NpyHeader RequireText(string path, NpzFile file, string name)
    {
        NpyHeader header = file.Header(name);
        return header.Descr.StartsWith("<U", StringComparison.Ordinal)
            ? header
            : throw new BadInputException(path, $"{name}, dtype", $"'{header.Descr}'", "text, '<U…'",
                $"Save numpy.array({name}, dtype=str).");
    }

    private static float[] Pixels(string path, Array data)
    {
        float[] pixels = data switch
        {
            bool[] bits => Array.ConvertAll(bits, bit => bit ? 1f : 0f),
            byte[] bytes => PixelBytes.ToFloats(bytes),
            float[] floats => floats,
            _ => Array.ConvertAll((double[])data, value => (float)value),
        };
        int bad = Array.FindIndex(pixels, value => !float.IsFinite(value));
        if (bad >= 0)
            throw new BadInputException(path, $"x, element {bad} (flat index)", $"{pixels[bad]} in float32",
                "a finite number", "Repair or remove the image.");
        return pixels;
    }

    private static void RequireInteger(string path, string field, NpyHeader header)
    {
        // NumPy's type codes: signed, unsigned and boolean.
        if (NpyType.ElementSize(header.Descr) is null || header.Descr[1] is not ('i' or 'u' or 'b'))
            throw new BadInputException(path, $"{field}, dtype", $"'{header.Descr}'", "an integer type, e.g. int64",
                $"Save {field}.astype(numpy.int64).");
    }

    private static int[] Integers(string path, string field, Array data)
    {
        var integers = new int[data.Length];
        for (int i = 0; i < integers.Length; i++)
        {
            decimal value = Convert.ToDecimal(data.GetValue(i), CultureInfo.InvariantCulture);
            if (value is < 0 or > int.MaxValue)
                throw new BadInputException(path, $"{field}[{i}]", value.ToString(CultureInfo.InvariantCulture), "a class number from 0",
                    "Number the classes from 0.");
            integers[i] = (int)value;
        }

        return integers;
    }

    private sealed record Split(string File, SampleRows Rows, int[] Labels, int[] ImageShape)
    {
        public int? Classes { get; init; }

        public string[]? ClassNames { get; init; }

        public string[]? SourceFiles { get; init; }

        public IReadOnlyList<string> Notes { get; init; } = [];

        public bool IsFeatures { get; init; }

        public string LabelsName { get; init; } = NpzDatasetReader.Labels;

        public string ImagesName { get; init; } = Images;

        public Dataset ToDataset(string name, int classes, IReadOnlyList<string>? classNames)
        {
            int bad = Array.FindIndex(Labels, label => label >= classes);
            if (bad >= 0)
                throw new BadInputException(File, $"{LabelsName}[{bad}]", $"{Labels[bad]}", $"0 to {classes - 1}",
                    "Correct the label, or the entry 'classes'.");
            Dataset data = IsFeatures ? Dataset.OfFeatures(name, Rows, Labels, classes)
                : new Dataset(name, Rows.Values!, Labels, ImageShape[0], ImageShape[1], ImageShape[2], classes);
            string place = ImagesName == Images ? Path.GetFileName(File) : $"{ImagesName} in {Path.GetFileName(File)}";
            return data.From(SourceFiles, [new SourcePart(place, Labels.Length)]).Named(name, classNames, Notes);
        }
    }
}
