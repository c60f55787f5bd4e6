using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Datasets.Rows;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Datasets.Rows;

public sealed class SampleRowsTests : IDisposable
{
    private const int Count = 7, Length = 3, Start = 5;

    private readonly TempFolder _folder = new();
    private readonly float[] _values = [.. Enumerable.Range(0, Count * Length).Select(i => i / 4f - 2)];

    public static TheoryData<string> Kinds => ["array", "packed", "file", "file16", "normalized"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Rows_are_the_same_however_they_are_read(string kind)
    {
        SampleRows rows = Rows(kind);
        Assert.Equal((Count, Length), (rows.Count, rows.Length));

        var all = new float[_values.Length];
        rows.Read(0, Count, all);
        Assert.Equal(_values, all);
        Assert.Equal(_values, rows.Pieces(piece: 2 * Length).SelectMany(piece => piece.Values.ToArray()));
        Assert.Equal(_values, rows.Pieces(piece: 1).SelectMany(piece => piece.Values.ToArray()));
        int[] chosen = [3, 4, 5, 5, 0, 6, 1];
        float[] expected = [.. chosen.SelectMany(row => _values.AsSpan(row * Length, Length).ToArray())];
        Assert.Equal(expected, rows.Copy(chosen));
        Assert.Equal(expected, new SelectedRows(rows, chosen).Copy([0, 1, 2, 3, 4, 5, 6]));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Rows_that_do_not_exist_are_refused(string kind)
    {
        SampleRows rows = Rows(kind);
        Assert.Throws<ArgumentOutOfRangeException>(() => rows.Copy([Count]));
        Assert.Throws<ArgumentOutOfRangeException>(() => rows.Copy([-1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => rows.Read(Count - 1, 2, new float[2 * Length]));
    }

    [Fact]
    public void Label_vectors_have_a_one_at_the_class()
    {
        var rows = new LabelVectorRows([2, 0, 1, 2], classes: 3);
        Assert.Equal([0, 0, 1, 1, 0, 0, 0, 1, 0], rows.Copy([0, 1, 2]));
        Assert.Equal([0, 0, 1], rows.Copy([3]));
        Assert.Equal([0.25f, 0.75f, 0.75f, 0.25f], new LabelVectorRows([1, 0], classes: 2, smoothing: 0.5f).Copy([0, 1]));
    }

    [Fact]
    public void A_million_labels_of_a_thousand_classes_are_not_copied()
    {
        var labels = new int[1_000_000];
        Assert.True(new LabelVectorRows(labels, 1000).IsLarge);
        Assert.False(new LabelVectorRows(labels, 1000) { MayBeCopied = true }.IsLarge);
        Assert.False(new LabelVectorRows(new int[60_000], 10).IsLarge);
        Assert.False(new ArrayRows(_values, Length).IsLarge);
    }

    [Fact]
    public void A_file_that_has_become_shorter_is_named()
    {
        SampleRows rows = Rows("file");
        using (var file = new FileStream(_folder.File("rows"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(Start + 4 * 4 * Length);

        Assert.Equal(_values[..(4 * Length)], rows.Copy([0, 1, 2, 3]));
        BadInputException fault = Assert.Throws<BadInputException>(() => rows.Copy([4]));
        Assert.Contains("rows", fault.Message, StringComparison.Ordinal);
        Assert.Contains("start the command again", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Normalised_rows_have_the_bits_of_a_normalised_dataset()
    {
        var normalization = new Normalization([0.3, -1.7, 0.1], [1.1, 0.7, 3]);
        var images = new Dataset("images", [.. _values], new int[Count], 3, 1, 1, 1);
        Dataset expected = normalization.Apply(images);
        var rows = new HostRows(new ArrayRows(_values, Length));
        Dataset found = normalization.Apply(Dataset.OfFeatures("features", rows, new int[Count], 1));

        Assert.True(found.IsFeatures);
        for (int n = 0; n < Count; n++)
            Assert.Equal(expected.Image(n).ToArray(), found.Image(n).ToArray());
    }

    private SampleRows Rows(string kind)
    {
        switch (kind)
        {
            case "array":
                return new ArrayRows(_values, Length);
            case "packed":
                return new PackedRows(Halves(), NpyType.Half, Count, Length);
            case "normalized":
                float[] before = Array.ConvertAll(_values, value => 2 * value + 1);
                return new NormalizedRows(new ArrayRows(before, Length), new Normalization([1, 1, 1], [2, 2, 2]), Length);
            default:
                bool isHalf = kind == "file16";
                string path = _folder.File("rows");
                File.WriteAllBytes(path, [.. new byte[Start], .. isHalf ? Halves() : _values.SelectMany(BitConverter.GetBytes)]);
                return new FileRows(path, Start, isHalf ? NpyType.Half : "<f4", Count, Length);
        }
    }

    private byte[] Halves() => [.. _values.SelectMany(value => BitConverter.GetBytes((Half)value))];
}
