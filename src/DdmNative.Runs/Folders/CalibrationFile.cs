using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Runs.Folders;

/// <summary>
/// <c>calibrated.npz</c>: the effects of all methods in real units, by a slope that was fitted on a few exact retrainings.
/// </summary>
internal static class CalibrationFile
{
    public const string Name = "calibrated.npz";

    /// <param name="path">The file.</param>
    /// <param name="methods">[A].</param>
    /// <param name="calibrated">[A]: effects [O, G].</param>
    /// <param name="slopes">[A].</param>
    /// <param name="groups">The groups that the slopes were fitted on.</param>
    public static void Write(string path, IReadOnlyList<string> methods, IReadOnlyList<AttributionMatrix> calibrated, double[] slopes,
        int[] groups)
    {
        (int rows, int columns) = (calibrated[0].Objectives.Count, calibrated[0].Groups);
        Npz.Write(path,
            ("matrix", new NpyArray(calibrated[0].Flatten(), rows, columns)),
            ("objectives", new NpyArray(calibrated[0].Objectives.ToArray(), rows)),
            ("methods", new NpyArray(methods.ToArray(), calibrated.Count)),
            ("matrices", new NpyArray(calibrated.SelectMany(matrix => matrix.Flatten()).ToArray(), calibrated.Count, rows, columns)),
            ("slopes", new NpyArray(slopes, calibrated.Count)),
            ("groups", new NpyArray(groups, groups.Length)));
    }

    /// <summary>Reads the slopes [A]; null where none were fitted, or they are of another attribution.</summary>
    /// <exception cref="BadInputException">The file is damaged.</exception>
    public static double[]? ReadSlopes(string run, AttributionFile attribution)
    {
        string path = Path.Combine(run, Name);
        if (!File.Exists(path))
            return null;
        NpzContents file = Npz.Read(path);
        double[] slopes = file.Elements<double>("slopes"), effects = attribution.Effects;
        int size = effects.Length / slopes.Length;
        return file.Elements<double>("matrices").SequenceEqual(effects.Select((effect, i) => effect * slopes[i / size])) ? slopes : null;
    }
}
