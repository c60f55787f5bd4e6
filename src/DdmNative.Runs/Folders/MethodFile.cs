using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Folders;

/// <summary>
/// <c>attribution/METHOD.npz</c>, in one of two schemas. Of a method that hands over models: <c>reference</c> [M, K] and <c>without</c>
/// [G, M, K], the logits of the control and of each model, so that a new objective does not need the models again. Of every other:
/// <c>objectives</c> [O], <c>matrix</c> [O, G], <c>unit</c> and <c>convention</c>.
/// </summary>
internal static class MethodFile
{
    private const string Reference = "reference", Without = "without", Objectives = "objectives", Matrix = "matrix";

    public static string NameOf(string method) => $"attribution/{MethodRegistry.FileName(method)}.npz";

    /// <summary>The folder of an unfinished method's partial results.</summary>
    public static string PartialNameOf(string method) => $"attribution/{MethodRegistry.FileName(method)}.partial";

    /// <summary>Writes models.</summary>
    /// <param name="path">The file.</param>
    /// <param name="logits">The models' logits.</param>
    /// <param name="others">Further arrays.</param>
    public static void WriteModels(string path, CounterfactualLogits logits, params IEnumerable<(string Name, NpyArray Values)> others)
        => Npz.Write(path,
            [(Reference, new NpyArray(logits.Reference, logits.Samples, logits.Classes)),
            (Without, new NpyArray(logits.Without, logits.Count, logits.Samples, logits.Classes)),
            .. others]);

    /// <summary>Reads models.</summary>
    /// <param name="path">The file.</param>
    /// <param name="leftOut">The groups that each model lacks.</param>
    public static CounterfactualLogits ReadModels(string path, IReadOnlyList<int[]> leftOut) => ReadModels(Npz.Read(path), leftOut);

    /// <summary>The models in a file, which lack these sets of groups.</summary>
    public static CounterfactualLogits ReadModels(NpzContents file, IReadOnlyList<int[]> leftOut)
    {
        int[] shape = file[Reference].Shape;
        return new CounterfactualLogits(leftOut, shape[0], shape[1], file.Elements<float>(Reference), file.Elements<float>(Without));
    }

    /// <summary>Writes effects.</summary>
    public static void WriteEffects(string path, AttributionMatrix matrix, string unit)
        => Npz.Write(path,
            (Objectives, new NpyArray(matrix.Objectives.ToArray(), matrix.Objectives.Count)),
            (Matrix, new NpyArray(matrix.Flatten(), matrix.Objectives.Count, matrix.Groups)),
            ("unit", new NpyArray(new[] { unit }, 1)),
            ("convention", new NpyArray(new[] { AttributionMatrix.Convention }, 1)));

    /// <summary>Reads effects.</summary>
    public static AttributionMatrix ReadEffects(string path)
    {
        NpzContents file = Npz.Read(path);
        return AttributionMatrix.FromFlat(file.Elements<string>(Objectives), file.Elements<double>(Matrix), file[Matrix].Shape[1]);
    }

    /// <summary>Reads some rows of the effects.</summary>
    /// <exception cref="ArgumentException">A row is not in the file.</exception>
    public static AttributionMatrix ReadEffects(string path, IReadOnlyList<Objective> objectives)
    {
        AttributionMatrix matrix = ReadEffects(path);
        string[] rows = [.. objectives.Select(objective => objective.Name)];
        if (rows.Except(matrix.Objectives).FirstOrDefault() is string missing)
        {
            throw new ArgumentException(
                $"{path} has no row '{missing}'; it has {string.Join(", ", matrix.Objectives)}.", nameof(objectives));
        }

        return matrix.SelectObjectives(rows);
    }
}
