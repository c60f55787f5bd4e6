using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Runs.Folders;

/// <summary><c>validation.npz</c>: exact effects of some groups, and the predictions that they were compared with.</summary>
/// <param name="Groups">[C]: the groups that were retrained without.</param>
/// <param name="Exact">[O, C]: the mean over seeds.</param>
/// <param name="Methods">[A].</param>
/// <param name="Predicted">[A]: [O, C].</param>
internal sealed record ValidationFile(int[] Groups, AttributionMatrix Exact, IReadOnlyList<string> Methods,
    IReadOnlyList<AttributionMatrix> Predicted)
{
    public const string Name = "validation.npz";

    /// <summary>
    /// [O, C]: the standard error of <see cref="Exact"/> over the seeds; null for one seed, which shows no spread.
    /// </summary>
    public AttributionMatrix? ExactNoise { get; init; }

    /// <param name="path">The file.</param>
    /// <param name="exact">[R]: exact effects at each seed.</param>
    /// <param name="seeds">[R].</param>
    public void Write(string path, IReadOnlyList<AttributionMatrix> exact, ulong[] seeds)
    {
        (int rows, int columns) = (Exact.Objectives.Count, Groups.Length);
        Npz.Write(path,
            ("groups", new NpyArray(Groups, columns)),
            ("objectives", new NpyArray(Exact.Objectives.ToArray(), rows)),
            ("exact", new NpyArray(Exact.Flatten(), rows, columns)),
            ("exact_seeds", new NpyArray(exact.SelectMany(matrix => matrix.Flatten()).ToArray(), exact.Count, rows, columns)),
            ("predicted", new NpyArray(Predicted[0].Flatten(), rows, columns)),
            ("methods", new NpyArray(Methods.ToArray(), Predicted.Count)),
            ("predicted_methods", new NpyArray(Predicted.SelectMany(matrix => matrix.Flatten()).ToArray(), Predicted.Count, rows, columns)),
            ("seeds", new NpyArray(seeds, exact.Count)),
            ("convention", new NpyArray(new[] { AttributionMatrix.Convention }, 1)));
    }

    /// <summary>
    /// Reads what exact retraining found; null if there is none, or it is of another attribution: the predictions that it was compared
    /// with must be the present ones, number by number.
    /// </summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="attribution">The present attribution.</param>
    /// <exception cref="BadInputException">The file is damaged.</exception>
    public static ValidationFile? Read(string run, AttributionFile attribution)
    {
        string path = Path.Combine(run, Name);
        if (!File.Exists(path))
            return null;
        NpzContents file = Npz.Read(path);
        string[] objectives = file.Elements<string>("objectives"), methods = file.Elements<string>("methods");
        int[] groups = file.Elements<int>("groups");
        var validation = new ValidationFile(groups, AttributionMatrix.FromFlat(objectives, file.Elements<double>("exact"), groups.Length),
            methods,
            [.. file.Elements<double>("predicted_methods").Chunk(objectives.Length * groups.Length)
                .Select(effects => AttributionMatrix.FromFlat(objectives, effects, groups.Length))])
        {
            ExactNoise = StandardError([.. file.Elements<double>("exact_seeds").Chunk(objectives.Length * groups.Length)], objectives),
        };
        return validation.IsOf(attribution) ? validation : null;
    }

    /// <summary>The standard error of the mean over seeds of each effect.</summary>
    private static AttributionMatrix? StandardError(double[][] seeds, string[] objectives)
    {
        if (seeds.Length < 2)
            return null;
        double[] errors = [.. Enumerable.Range(0, seeds[0].Length).Select(i =>
        {
            double mean = seeds.Average(effects => effects[i]);
            double variance = seeds.Sum(effects => (effects[i] - mean) * (effects[i] - mean)) / (seeds.Length - 1);
            return Math.Sqrt(variance / seeds.Length);
        })];
        return AttributionMatrix.FromFlat(objectives, errors, errors.Length / objectives.Length);
    }

    private bool IsOf(AttributionFile attribution)
        => Methods.SequenceEqual(attribution.Methods) && Exact.Objectives.SequenceEqual(attribution.Objectives)
        && Groups.All(group => group < attribution.Groups)
        && Predicted.Zip(attribution.Matrices).All(pair => pair.First.Flatten().SequenceEqual(pair.Second.SelectGroups(Groups).Flatten()));
}
