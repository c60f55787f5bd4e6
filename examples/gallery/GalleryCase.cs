using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;

namespace DdmNative.Gallery;

/// <summary>What the cases share: the images, the commands of ddm, and the figures that are printed and kept at the end.</summary>
internal sealed class GalleryCase
{
    /// <summary>Training images of every class, unless the caller wants another number.</summary>
    public const int UsualPerClass = 400;

    private const int TestPerClass = 100;
    private const ulong DataSeed = 1;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly string _ddm;
    private readonly JsonObject _figures = [];
    private readonly List<(string Text, string Value)> _printed = [];
    private readonly long _start = Stopwatch.GetTimestamp();

    /// <param name="name">The case.</param>
    /// <param name="data">The folder with Fashion-MNIST.</param>
    /// <param name="folder">Where the case writes.</param>
    /// <param name="ddm">The program, or its ddm.dll.</param>
    /// <param name="perClass">Training images of every class.</param>
    public GalleryCase(string name, string data, string folder, string ddm, int perClass)
    {
        (Folder, _ddm) = (folder, ddm);
        Directory.CreateDirectory(folder);
        (Dataset train, Dataset test) = IdxReader.Read(data);
        (Train, Test) = (train.PerClassSubset(perClass, DataSeed), test.PerClassSubset(TestPerClass, DataSeed));
        _figures["case"] = name;
        Figure("training_images", "Training images", Train.Count);
        Figure("test_images", "Test images", Test.Count);
    }

    /// <summary>Fashion-MNIST's classes.</summary>
    public static IReadOnlyList<string> ClassNames { get; } =
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

    /// <summary>The training images, with their true labels; pixels from 0 to 1.</summary>
    public Dataset Train { get; }

    public Dataset Test { get; }

    public string Folder { get; }

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Writes a data set that ddm reads: the training images with some labels, and the test images with their own.</summary>
    public string WriteData(string name, int[] labels)
    {
        string folder = PathOf(name);
        Directory.CreateDirectory(folder);
        WriteSplit(Path.Combine(folder, "train.npz"), Train, labels);
        WriteSplit(Path.Combine(folder, "test.npz"), Test, Test.Labels);
        return folder;
    }

    /// <summary>Writes a file of own groups: the name of every training image's group.</summary>
    public string WriteGroups(string name, Func<int, string> groupOf)
    {
        string path = PathOf(name);
        AtomicFile.WriteText(path, "sample,group\n" + string.Concat(Enumerable.Range(0, Train.Count)
            .Select(n => string.Create(CultureInfo.InvariantCulture, $"{n},{groupOf(n)}\n"))));
        return path;
    }

    /// <summary>Prints and runs a command of ddm; returns its result.</summary>
    /// <exception cref="DdmFailedException">It failed; it has printed why.</exception>
    public JsonNode Ddm(params string[] arguments)
    {
        string shown = "ddm " + string.Join(' ', arguments);
        Console.WriteLine($"$ {shown}");
        bool isLibrary = _ddm.EndsWith(".dll", StringComparison.Ordinal);
        var start = new ProcessStartInfo(isLibrary ? "dotnet" : _ddm, [.. isLibrary ? [_ddm] : (string[])[], .. arguments, "--json"])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string result = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? JsonNode.Parse(result)! : throw new DdmFailedException(shown, process.ExitCode);
    }

    /// <summary>Keeps a number for <c>figures.json</c>, and prints it at the end.</summary>
    public void Figure(string name, string text, double value, string format = "0")
    {
        _figures[name] = value;
        _printed.Add((text, value.ToString(format, CultureInfo.InvariantCulture)));
    }

    /// <summary>The same for a change, which is printed with its sign.</summary>
    public void Change(string name, string text, double value)
    {
        _figures[name] = value;
        _printed.Add((text, Signed(value, 2)));
    }

    /// <summary>A number with its sign.</summary>
    public static string Signed(double value, int decimals)
        => (double.IsNegative(value) ? "-" : "+") + Math.Abs(value).ToString($"F{decimals}", CultureInfo.InvariantCulture);

    /// <summary>The same for a text.</summary>
    public void Figure(string name, string text, string value)
    {
        _figures[name] = value;
        _printed.Add((text, value));
    }

    /// <summary>Prints the figures and writes them to <c>figures.json</c>.</summary>
    public void Finish()
    {
        Figure("seconds", "Seconds", Math.Round(Stopwatch.GetElapsedTime(_start).TotalSeconds));
        AtomicFile.WriteText(PathOf("figures.json"), _figures.ToJsonString(Indented) + "\n");
        int width = _printed.Max(line => line.Text.Length);
        Console.WriteLine();
        foreach ((string text, string value) in _printed)
            Console.WriteLine($"{text.PadRight(width)}  {value}");
        Console.WriteLine($"{PathOf("figures.json")}, and pictures beside it.");
    }

    private static void WriteSplit(string path, Dataset data, int[] labels)
        => Npz.Write(path,
            ("x", new NpyArray(data.Images.Select(value => (byte)Math.Round(255 * value)).ToArray(), data.Count, data.Height, data.Width)),
            ("y", new NpyArray(labels, data.Count)),
            ("class_names", new NpyArray(ClassNames.ToArray(), ClassNames.Count)));
}
