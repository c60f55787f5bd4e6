using System.Globalization;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>
/// A folder with <c>train.npz</c> and <c>test.npz</c>: <c>x</c> [N, C, H, W] or [N, H, W] (one channel) as uint8 (divided by 255), float32 or float64
/// (taken as they are); <c>y</c> [N] of any integer type; optionally <c>classes</c> in train.npz, the number of classes. Without it, the
/// highest label tells, and must be the same in both files.
/// </summary>
public static class NpzDatasetReader
{
    /// <summary>Whether the folder looks like this format.</summary>
    public static bool Recognises(string folder) => File.Exists(Path.Combine(folder, "train.npz"));

    /// <summary>Reads both splits.</summary>
    /// <exception cref="BadInputException">
    /// A file is missing or damaged, a type or shape is not as above, counts disagree, a pixel is not finite, a label is out of range.
    /// </exception>
    public static (Dataset Train, Dataset Test) Read(string folder)
    {
        Split train = ReadSplit(Path.Combine(folder, "train.npz"));
        Split test = ReadSplit(Path.Combine(folder, "test.npz"));
        if (!train.ImageShape.SequenceEqual(test.ImageShape))
            throw new BadInputException(test.File, "x, shape", $"images of {string.Join("x", test.ImageShape)}",
                $"{string.Join("x", train.ImageShape)}, as in {train.File}", "Use the splits of one data set.");
        int classes = train.Classes ?? ClassCount.Infer((train.File, train.Labels), (test.File, test.Labels), sample => $"y[{sample}]");
        string name = FolderName.Of(folder);
        return (train.ToDataset(name + "/train", classes), test.ToDataset(name + "/test", classes));
    }

    private static Split ReadSplit(string path)
    {
        NpzContents file = Npz.Read(path);
        NpyArray x = file["x"];
        NpyArray y = file["y"];
        if (x.Shape.Length is not (3 or 4) || x.Shape.Contains(0))
            throw new BadInputException(path, "x, shape", $"[{string.Join(", ", x.Shape)}]", "[N, C, H, W] or [N, H, W], none of them 0", "Reshape x.");
        if (y.Shape.Length != 1 || y.Shape[0] != x.Shape[0])
            throw new BadInputException(path, "y, shape", $"[{string.Join(", ", y.Shape)}]", $"[{x.Shape[0]}], a label for every image of x",
                "Use images and labels that belong together.");
        int[] imageShape = x.Shape.Length == 4 ? x.Shape[1..] : [1, .. x.Shape[1..]];
        int? classes = file.Arrays.TryGetValue("classes", out NpyArray? count) ? ReadClasses(path, count) : null;
        return new Split(path, Pixels(path, x.Data), Labels(path, "y", y.Data), imageShape, classes);
    }

    private static int ReadClasses(string path, NpyArray array)
    {
        int[] value = Labels(path, "classes", array.Data);
        return value is [> 0 and <= ClassCount.Most]
            ? value[0]
            : throw new BadInputException(path, "classes", $"[{string.Join(", ", value.Take(3))}]", $"one number from 1 to {ClassCount.Most}",
                "Store classes as one integer.");
    }

    private static float[] Pixels(string path, Array data)
    {
        float[] pixels = data switch
        {
            byte[] bytes when data.GetType() == typeof(byte[]) => PixelBytes.ToFloats(bytes),
            float[] floats => floats,
            double[] doubles => Array.ConvertAll(doubles, value => (float)value),
            _ => throw new BadInputException(path, "x, dtype", $"elements of type {data.GetType().GetElementType()!.Name}", "uint8, float32 or float64",
                "Convert x with .astype."),
        };
        int bad = Array.FindIndex(pixels, value => !float.IsFinite(value));
        if (bad >= 0)
            throw new BadInputException(path, $"x, element {bad} (flat index)", $"{pixels[bad]} in float32",
                "a finite number", "Repair or remove the image.");
        return pixels;
    }

    private static int[] Labels(string path, string field, Array data)
    {
        if (data is float[] or double[] or string[])
            throw new BadInputException(path, $"{field}, dtype", $"elements of type {data.GetType().GetElementType()!.Name}", "an integer type",
                $"Convert {field} with .astype.");
        var labels = new int[data.Length];
        for (int i = 0; i < labels.Length; i++)
        {
            decimal label = Convert.ToDecimal(data.GetValue(i), CultureInfo.InvariantCulture);
            if (label is < 0 or > int.MaxValue)
                throw new BadInputException(path, $"{field}[{i}]", label.ToString(CultureInfo.InvariantCulture), "a class number from 0",
                    "Number the classes from 0.");
            labels[i] = (int)label;
        }

        return labels;
    }

    private sealed record Split(string File, float[] Images, int[] Labels, int[] ImageShape, int? Classes)
    {
        public Dataset ToDataset(string name, int classes)
        {
            int bad = Array.FindIndex(Labels, label => label >= classes);
            if (bad >= 0)
                throw new BadInputException(File, $"y[{bad}]", $"{Labels[bad]}", $"0 to {classes - 1}", "Correct the label, or 'classes' in train.npz.");
            return new Dataset(name, Images, Labels, ImageShape[0], ImageShape[1], ImageShape[2], classes);
        }
    }
}
