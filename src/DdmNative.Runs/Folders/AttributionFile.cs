using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Runs.Folders;

/// <summary>
/// <c>attribution.npz</c>: the effects of all parts on all objectives by all methods of a job. <c>matrix</c> and <c>objectives</c> are the
/// first method's.
/// </summary>
/// <param name="Methods">[A].</param>
/// <param name="Matrices">[A]: effects [O, G].</param>
/// <param name="Scales">[A]: what a method's effects were multiplied with to bring them to real units; 1 for none.</param>
/// <param name="Classes">[G].</param>
/// <param name="Clusters">[G].</param>
/// <param name="Sizes">[G].</param>
/// <param name="Names">[G]: the user's own names of the groups; null where they have none.</param>
internal sealed record AttributionFile(
    IReadOnlyList<string> Methods, IReadOnlyList<AttributionMatrix> Matrices, double[] Scales, int[] Classes, int[] Clusters, int[] Sizes,
    string[]? Names)
{
    public const string Name = "attribution.npz";

    private const string NamesArray = "group_name", ClassNamesArray = "class_names", NoiseArray = "noise", TargetArray = "target_value";

    /// <summary>[A]: the noise of the effects, [O, G]; NaN where it is not known. Null in a file of an older version.</summary>
    public IReadOnlyList<AttributionMatrix>? Noise { get; init; }

    /// <summary>[O]: the objectives of the target; null in a file of an older version.</summary>
    public double[]? TargetValues { get; init; }

    /// <summary>The totals of the user's own names; null if no name has several groups.</summary>
    public TotalEffects? Totals { get; init; }

    /// <summary>[K]: the names of the classes; null if the data only number them, and in files of older versions.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>[O].</summary>
    public IReadOnlyList<string> Objectives => Matrices[0].Objectives;

    /// <summary>G.</summary>
    public int Groups => Classes.Length;

    /// <summary>[A, O, G]: all effects.</summary>
    public double[] Effects => [.. Matrices.SelectMany(matrix => matrix.Flatten())];

    public void Write(string path)
    {
        int rows = Objectives.Count;
        (string, NpyArray)[] others =
        [
            .. Names is null ? (ReadOnlySpan<(string, NpyArray)>)[] : [(NamesArray, new NpyArray(Names, Groups))],
            .. ClassNames is null ? (ReadOnlySpan<(string, NpyArray)>)[]
                : [(ClassNamesArray, new NpyArray(ClassNames.ToArray(), ClassNames.Count))],
            .. Noise is null ? (ReadOnlySpan<(string, NpyArray)>)[]
                : [(NoiseArray, new NpyArray(Noise.SelectMany(matrix => matrix.Flatten()).ToArray(), Matrices.Count, rows, Groups))],
            .. TargetValues is null ? (ReadOnlySpan<(string, NpyArray)>)[] : [(TargetArray, new NpyArray(TargetValues, rows))],
            .. Totals?.Arrays() ?? [],
        ];
        Npz.Write(path,
            [("matrix", new NpyArray(Matrices[0].Flatten(), rows, Groups)),
            ("objectives", new NpyArray(Objectives.ToArray(), rows)),
            ("group_class", new NpyArray(Classes, Groups)),
            ("group_cluster", new NpyArray(Clusters, Groups)),
            ("group_size", new NpyArray(Sizes, Groups)),
            ("methods", new NpyArray(Methods.ToArray(), Matrices.Count)),
            ("matrices", new NpyArray(Effects, Matrices.Count, rows, Groups)),
            ("scales", new NpyArray(Scales, Matrices.Count)),
            ("convention", new NpyArray(new[] { AttributionMatrix.Convention }, 1)),
            .. others]);
    }

    /// <exception cref="BadInputException">The file is damaged.</exception>
    public static AttributionFile Read(string path)
    {
        NpzContents file = Npz.Read(path);
        int[] classes = file.Elements<int>("group_class");
        string[] objectives = file.Elements<string>("objectives");
        int size = objectives.Length * classes.Length;
        AttributionMatrix[] Matrices(string name)
            => [.. file.Elements<double>(name).Chunk(size)
                .Select(effects => AttributionMatrix.FromFlat(objectives, effects, classes.Length))];
        return new AttributionFile(
            file.Elements<string>("methods"), Matrices("matrices"),
            file.Elements<double>("scales"), classes, file.Elements<int>("group_cluster"), file.Elements<int>("group_size"),
            file.Arrays.ContainsKey(NamesArray) ? file.Elements<string>(NamesArray) : null)
        {
            Noise = file.Arrays.ContainsKey(NoiseArray) ? Matrices(NoiseArray) : null,
            TargetValues = file.Arrays.ContainsKey(TargetArray) ? file.Elements<double>(TargetArray) : null,
            Totals = TotalEffects.Read(file, objectives),
            ClassNames = file.Arrays.ContainsKey(ClassNamesArray) ? file.Elements<string>(ClassNamesArray) : null,
        };
    }
}
