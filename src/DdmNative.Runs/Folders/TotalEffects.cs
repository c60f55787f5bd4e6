using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Runs.Folders;

/// <summary>The totals of the user's own names in <c>attribution.npz</c>: names that span several groups.</summary>
/// <param name="Names">[T].</param>
/// <param name="Sizes">[T]: training images.</param>
/// <param name="Effects">[A]: [O, T].</param>
/// <param name="Noise">[A]: [O, T]; NaN where it is not known.</param>
/// <param name="By">
/// [A]: <c>removal</c> if all groups of a name were removed together, <c>sum</c> if the groups' effects were added.
/// </param>
internal sealed record TotalEffects(string[] Names, int[] Sizes, IReadOnlyList<AttributionMatrix> Effects,
    IReadOnlyList<AttributionMatrix> Noise, string[] By)
{
    private const string NameArray = "total_name", SizeArray = "total_size", EffectsArray = "totals", NoiseArray = "total_noise",
        ByArray = "total_by";

    /// <summary>The file's arrays.</summary>
    public IEnumerable<(string, NpyArray)> Arrays()
    {
        (int methods, int rows, int names) = (Effects.Count, Effects[0].Objectives.Count, Names.Length);
        return
        [
            (NameArray, new NpyArray(Names, names)), (SizeArray, new NpyArray(Sizes, names)),
            (EffectsArray, new NpyArray(Flat(Effects), methods, rows, names)),
            (NoiseArray, new NpyArray(Flat(Noise), methods, rows, names)), (ByArray, new NpyArray(By, methods)),
        ];
    }

    /// <summary>Reads the arrays; null if the file has none.</summary>
    public static TotalEffects? Read(NpzContents file, string[] objectives)
    {
        if (!file.Arrays.ContainsKey(NameArray))
            return null;
        string[] names = file.Elements<string>(NameArray);
        AttributionMatrix[] Matrices(string array) => [.. file.Elements<double>(array).Chunk(objectives.Length * names.Length)
            .Select(effects => AttributionMatrix.FromFlat(objectives, effects, names.Length))];
        return new TotalEffects(names, file.Elements<int>(SizeArray), Matrices(EffectsArray), Matrices(NoiseArray),
            file.Elements<string>(ByArray));
    }

    private static double[] Flat(IReadOnlyList<AttributionMatrix> matrices) => [.. matrices.SelectMany(matrix => matrix.Flatten())];
}
