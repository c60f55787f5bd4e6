using CsvHelper;
using DdmNative.Attribution.Datasets;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// <c>groups.csv</c>. ddm's own file has the columns <c>sample,label,group,class,cluster</c> (and <c>name</c> if the user named the groups,
/// <c>class_name</c> and <c>file</c> if the data have them); <c>sample</c> is the index of the image in the original training files (<see
/// cref="Dataset.SourceIndices"/>), so that the file has the same meaning for a subset. A user's file needs only <c>sample,group</c>, where
/// <c>group</c> is any text: a data source, an annotator, a batch. Its rows for samples outside the subset in use are ignored, and a name
/// that spans several classes becomes one group per class, because a group's synthetic images have one label vector. Groups of features
/// have no such images and may span classes: their <c>class</c> is −1.
/// </summary>
public static class GroupsCsv
{
    private const string Sample = "sample", Label = "label", Group = "group", Class = "class", Cluster = "cluster", Name = "name",
        ClassName = "class_name", File = "file", Several = "-1";

    /// <summary>Writes ddm's own format, completely or not at all (<see cref="AtomicFile"/>), in the dataset's order.</summary>
    /// <exception cref="ArgumentException">The number of samples differs, or a sample's label is not its group's class.</exception>
    public static void Write(string path, Dataset data, GroupTable groups)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(groups);
        if (groups.GroupOf.Length != data.Count)
            throw new ArgumentException($"The table groups {groups.GroupOf.Length} samples, the data have {data.Count}.", nameof(groups));
        for (int n = 0; n < data.Count; n++)
        {
            if (groups.ClassOf[groups.GroupOf[n]] != data.Labels[n] && groups.ClassOf[groups.GroupOf[n]] != GroupTable.SeveralClasses)
                throw new ArgumentException(
                    $"Sample {n} of class {data.Labels[n]} is in a group of class {groups.ClassOf[groups.GroupOf[n]]}.",
                    nameof(groups));
        }

        AtomicFile.Write(path, stream =>
        {
            using CsvWriter csv = CsvWriter.Create(stream, new CsvWriterOptions { NewLine = "\n" }, leaveOpen: true);
            (string Column, Func<int, string?> Value)[] texts = [.. Texts(data, groups)];
            csv.WriteHeader([Sample, Label, Group, Class, Cluster, .. texts.Select(text => text.Column)]);
            for (int n = 0; n < data.Count; n++)
            {
                int g = groups.GroupOf[n];
                foreach (int number in (ReadOnlySpan<int>)[data.SourceIndices[n], data.Labels[n], g, groups.ClassOf[g],
                    groups.ClusterOf[g]])
                    csv.WriteField(number);
                foreach ((_, Func<int, string?> value) in texts)
                    csv.WriteField(value(n));
                csv.EndRecord();
            }
        });
    }

    /// <summary>The optional columns: the user's names of the sample's group, its class and its file.</summary>
    private static IEnumerable<(string Column, Func<int, string?> Value)> Texts(Dataset data, GroupTable groups)
    {
        if (groups.Names is not null)
            yield return (Name, n => groups.Names[groups.GroupOf[n]]);
        if (data.ClassNames is not null)
            yield return (ClassName, n => data.ClassNames[data.Labels[n]]);
        if (data.SourceFiles is not null)
            yield return (File, data.FileOf);
    }

    /// <summary>Reads either format for the training set <paramref name="data"/> and checks it.</summary>
    /// <exception cref="BadInputException">A column is missing, a field is malformed, a sample is missing, foreign or listed twice, a label
    /// disagrees with the data, or the groups of ddm's own file are not dense or span classes. The message names line and
    /// column.</exception>
    public static GroupTable Read(string path, Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        using var rows = new CsvRows(path);
        rows.Require(Sample, Group);
        bool ours = rows.Has(Label) && rows.Has(Class) && rows.Has(Cluster);
        var builder = new GroupTableBuilder(rows, data, passOverForeign: !ours);
        while (rows.Next())
        {
            if (builder.Position(rows.Number(Sample)) is not int n)
                continue;
            if (rows.Has(Label) && rows.Number(Label) != data.Labels[n])
                throw rows.Error(Label, rows.Text(Label), $"{data.Labels[n]}, the label of {data.DescribeSample(n)}",
                    "Check that the file belongs to this dataset.");
            if (ours)
                builder.AddNumbered(n, rows.Number(Group), rows.Text(Class) == Several ? GroupTable.SeveralClasses : rows.Number(Class),
                    rows.Number(Cluster), rows.Has(Name)
                    ? rows.Text(Name) : null);
            else
                builder.AddNamed(n, rows.Text(Group));
        }

        return builder.Finish();
    }
}
