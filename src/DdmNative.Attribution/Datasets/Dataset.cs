using System.Globalization;
using DdmNative.Attribution.Datasets.Rows;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>
/// Labelled images: float32, [N, C, H, W], in [0, 1] as read (bytes are divided by 255, floating-point values are unchanged) or normalised
/// by <see cref="Normalization.Apply(Dataset)"/>; or labelled features of any model, [N, D, 1, 1], unchanged. Images are in memory;
/// features may be in a file that is larger than memory, and are read row by row (<see cref="Rows"/>).
/// </summary>
public sealed class Dataset
{
    /// <param name="name">The name in messages and reports.</param>
    /// <param name="images">[N, C, H, W]; the array is used, not copied.</param>
    /// <param name="labels">[N], each in 0 … classes − 1; the array is used, not copied.</param>
    /// <param name="channels">C.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="classes">The number of classes, including classes without samples.</param>
    /// <exception cref="ArgumentException">Lengths disagree, a size is not positive, or a label is out of range.</exception>
    public Dataset(string name, float[] images, int[] labels, int channels, int height, int width, int classes)
        : this(name, RowsOf(images, labels.Length, channels, height, width), labels, channels, height, width, classes,
            [.. Enumerable.Range(0, labels.Length)], labels.Length)
    {
    }

    private Dataset(string name, SampleRows rows, int[] labels, int channels, int height, int width, int classes, int[] sourceIndices,
        int sourceCount)
    {
        if (channels <= 0 || height <= 0 || width <= 0 || classes <= 0)
            throw new ArgumentException($"Images of {channels}x{height}x{width} in {classes} classes: every size must be positive.");
        if (rows.Count != labels.Length)
            throw new ArgumentException($"{labels.Length} labels are not those of {rows.Count} samples.", nameof(labels));
        int bad = Array.FindIndex(labels, label => label < 0 || label >= classes);
        if (bad >= 0)
            throw new ArgumentException($"Label {labels[bad]} of sample {bad} is not one of 0 to {classes - 1}.", nameof(labels));
        Name = name;
        Rows = rows;
        Labels = labels;
        Channels = channels;
        Height = height;
        Width = width;
        Classes = classes;
        SourceIndices = sourceIndices;
        SourceCount = sourceCount;
    }

    /// <summary>Other samples, or the same ones otherwise, of the source of <paramref name="of"/>.</summary>
    private Dataset(Dataset of, string name, SampleRows rows, int[] labels, int[] sourceIndices)
        : this(name, rows, labels, of.Channels, of.Height, of.Width, of.Classes, sourceIndices, of.SourceCount)
    {
        ClassNames = of.ClassNames;
        SourceFiles = of.SourceFiles;
        SourceParts = of.SourceParts;
        Notes = of.Notes;
        IsFeatures = of.IsFeatures;
    }

    /// <summary>The name of the data, e.g. <c>fashion-mnist/train</c>.</summary>
    public string Name { get; }

    /// <summary>The samples, [N][C·H·W].</summary>
    public SampleRows Rows { get; }

    /// <summary>[N, C, H, W]: all samples of a set that is in memory.</summary>
    /// <exception cref="InvalidOperationException">The set is read row by row.</exception>
    public float[] Images => Rows.Values
        ?? throw new InvalidOperationException($"{Name} is not in memory as a whole; its rows are read one by one.");

    /// <summary>Whether the samples are features, which cannot be shown, and not images.</summary>
    public bool IsFeatures { get; private init; }

    /// <summary>[N].</summary>
    public int[] Labels { get; }

    /// <summary>N.</summary>
    public int Count => Labels.Length;

    /// <summary>C.</summary>
    public int Channels { get; }

    /// <summary>H.</summary>
    public int Height { get; }

    /// <summary>W.</summary>
    public int Width { get; }

    /// <summary>The number of classes.</summary>
    public int Classes { get; }

    /// <summary>C·H·W: the number of values of one image.</summary>
    public int ImageSize => Channels * Height * Width;

    /// <summary>[N]: the index of every sample in the original data; 0 … N − 1 for data as read.</summary>
    public int[] SourceIndices { get; }

    /// <summary>The number of samples in the original data; <see cref="SourceIndices"/> are below it.</summary>
    public int SourceCount { get; }

    /// <summary>[classes]: the printable names of the classes; null if the data only number them.</summary>
    public IReadOnlyList<string>? ClassNames
    {
        get;
        init => field = value is null ? null
            : value.Count == Classes ? [.. value.Select(Printable.Of)]
            : throw new ArgumentException($"{value.Count} names are not those of {Classes} classes.", nameof(value));
    }

    /// <summary>
    /// [<see cref="SourceCount"/>]: the file of every sample as read, relative to the data's folder; null if samples have no files of their
    /// own.
    /// </summary>
    public IReadOnlyList<string>? SourceFiles
    {
        get;
        init => field = value is null || value.Count == SourceCount ? value
            : throw new ArgumentException($"{value.Count} files are not those of {SourceCount} samples.", nameof(value));
    }

    /// <summary>
    /// The files that hold the samples as read, in order, each with its number of samples; empty if the samples come from no file.
    /// </summary>
    public IReadOnlyList<SourcePart> SourceParts
    {
        get;
        init => field = value.Count == 0 || value.Sum(part => part.Count) == SourceCount ? value
            : throw new ArgumentException($"Files of {value.Sum(part => part.Count)} samples are not those of {SourceCount}.",
                nameof(value));
    } = [];

    /// <summary>Notes for the user about how the data were read: what was skipped or assumed.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>A class in a message: its number, and its name if it has one; or that of a group that spans several.</summary>
    public string DescribeClass(int c) => c == GroupTable.SeveralClasses ? "several classes"
        : ClassNames is null ? $"class {c}" : $"class {c} ({ClassNames[c]})";

    /// <summary>The file of sample <paramref name="n"/>, relative to the data's folder; null if it has no file of its own.</summary>
    public string? FileOf(int n) => SourceFiles?[SourceIndices[n]];

    /// <summary>
    /// Sample <paramref name="n"/> in a message, so that the user finds it again: its own file, or its place in the file that holds it,
    /// such as <c>image 124 of train-images-idx3-ubyte.gz</c>; both count from 0.
    /// </summary>
    public string DescribeSample(int n) => DescribeSource(SourceIndices[n]);

    /// <summary>The same for the sample with this index in the original data.</summary>
    public string DescribeSource(int index)
    {
        if (SourceFiles is not null)
            return Printable.Of(SourceFiles[index]);
        int place = index;
        string what = IsFeatures ? "row" : "image";
        foreach (SourcePart part in SourceParts)
        {
            if (place < part.Count)
                return string.Create(CultureInfo.InvariantCulture, $"{what} {place} of {Printable.Of(part.File)}");
            place -= part.Count;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{what} {index} of {Name}");
    }

    /// <summary>Image <paramref name="n"/>, [C, H, W]; a copy if the set is read row by row.</summary>
    public ReadOnlySpan<float> Image(int n)
        => Rows.Values is float[] images ? images.AsSpan(n * ImageSize, ImageSize) : Rows.Copy([n]);

    /// <summary>Features with their labels.</summary>
    /// <param name="name">The name in messages and reports.</param>
    /// <param name="rows">The features, [N][D].</param>
    /// <param name="labels">[N], each in 0 … classes − 1; the array is used, not copied.</param>
    /// <param name="classes">The number of classes, including classes without samples.</param>
    /// <exception cref="ArgumentException">Lengths disagree, a size is not positive, or a label is out of range.</exception>
    internal static Dataset OfFeatures(string name, SampleRows rows, int[] labels, int classes)
        => new(name, rows, labels, rows.Length, 1, 1, classes, [.. Enumerable.Range(0, labels.Length)], labels.Length)
        {
            IsFeatures = true,
        };

    /// <summary>
    /// Selects the samples at these positions, in this order; they keep their source indices. Images are copied.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A position is not in 0 … N − 1.</exception>
    public Dataset Select(ReadOnlySpan<int> indices)
    {
        var labels = new int[indices.Length];
        var sources = new int[indices.Length];
        for (int i = 0; i < indices.Length; i++)
        {
            int n = indices[i];
            if (n < 0 || n >= Count)
                throw new ArgumentOutOfRangeException(nameof(indices), n, $"Positions are 0 to {Count - 1}.");
            labels[i] = Labels[n];
            sources[i] = SourceIndices[n];
        }

        SampleRows rows = Rows.Values is null
            ? new SelectedRows(Rows, indices.ToArray()) : new ArrayRows(Rows.Copy(indices), ImageSize);
        return Derived(rows, labels, sources);
    }

    /// <summary>
    /// Selects <paramref name="perClass"/> samples of every class by the seed, in the order of these data. A smaller selection with the
    /// same seed is part of a larger one.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is not positive.</exception>
    /// <exception cref="BadInputException">A class has fewer samples.</exception>
    public Dataset PerClassSubset(int perClass, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(perClass);
        var chosen = new List<int>();
        ILookup<int, int> ofClass = Enumerable.Range(0, Count).ToLookup(n => Labels[n]);
        for (int c = 0; c < Classes; c++)
        {
            int[] members = [.. ofClass[c]];
            if (members.Length < perClass)
                throw new BadInputException(Name, DescribeClass(c), $"{members.Length} samples", $"at least {perClass}",
                    members.Length == 0 ? ClassCount.NoSamples : "Use fewer samples per class.");
            new SeededOrder(seed, (ulong)c).Shuffle(members);
            chosen.AddRange(members.AsSpan(0, perClass));
        }

        chosen.Sort();
        return Select([.. chosen]);
    }

    /// <summary>The same samples under another name, such as that of a split, with names of the classes and notes for the user.</summary>
    internal Dataset Named(string name, IReadOnlyList<string>? classNames, IReadOnlyList<string> notes)
        => new(this, name, Rows, Labels, SourceIndices) { ClassNames = classNames, Notes = notes };

    /// <summary>The same samples, as read, with their own files or null, and the files that hold them.</summary>
    internal Dataset From(IReadOnlyList<string>? files, IReadOnlyList<SourcePart> parts)
        => new(this, Name, Rows, Labels, SourceIndices) { SourceFiles = files, SourceParts = parts };

    /// <summary>The same samples with other names of the classes.</summary>
    /// <exception cref="ArgumentException">There is not one name for each class.</exception>
    public Dataset WithClassNames(IReadOnlyList<string> classNames) => Named(Name, classNames, Notes);

    /// <summary>The same images under other labels.</summary>
    internal Dataset WithLabels(int[] labels) => Derived(Rows, labels, SourceIndices);

    /// <summary>The same samples with other pixels of the same shape, such as normalised ones.</summary>
    internal Dataset WithRows(SampleRows rows) => Derived(rows, Labels, SourceIndices);

    /// <summary>Other samples of the same source.</summary>
    private Dataset Derived(SampleRows rows, int[] labels, int[] sourceIndices)
        => new(this, Name, rows, labels, sourceIndices);

    private static ArrayRows RowsOf(float[] images, int count, int channels, int height, int width)
    {
        if (images.Length != (long)count * channels * height * width)
            throw new ArgumentException($"{images.Length} pixels are not {count} images of {channels}x{height}x{width}.", nameof(images));
        return new ArrayRows(images, Math.Max(1, channels * height * width));
    }
}
