using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Runs.Folders;

/// <summary>
/// <c>calibrated.npz</c>: the effects of all methods in real units, by a slope that was fitted on a few exact retrainings.
/// </summary>
internal static class CalibrationFile
{
    public const string Name = "calibrated.npz";

    private const string NoiseArray = "noise";

    /// <param name="path">The file.</param>
    /// <param name="methods">[A].</param>
    /// <param name="calibrated">[A]: effects [O, G].</param>
    /// <param name="slopes">[A].</param>
    /// <param name="noise">[A]: their noise [O, G].</param>
    /// <param name="groups">The groups that the slopes were fitted on.</param>
    public static void Write(string path, IReadOnlyList<string> methods, IReadOnlyList<AttributionMatrix> calibrated, double[] slopes,
        IReadOnlyList<AttributionMatrix> noise, int[] groups)
    {
        (int rows, int columns) = (calibrated[0].Objectives.Count, calibrated[0].Groups);
        Npz.Write(path,
            ("matrix", new NpyArray(calibrated[0].Flatten(), rows, columns)),
            ("objectives", new NpyArray(calibrated[0].Objectives.ToArray(), rows)),
            ("methods", new NpyArray(methods.ToArray(), calibrated.Count)),
            ("matrices", new NpyArray(calibrated.SelectMany(matrix => matrix.Flatten()).ToArray(), calibrated.Count, rows, columns)),
            ("slopes", new NpyArray(slopes, calibrated.Count)),
            (NoiseArray, new NpyArray(noise.SelectMany(matrix => matrix.Flatten()).ToArray(), calibrated.Count, rows, columns)),
            ("groups", new NpyArray(groups, groups.Length)));
    }

    /// <summary>
    /// Reads the slopes [A], NaN for a method that none could be fitted for, and the noise of the calibrated effects; null where none were
    /// fitted, or they are of another attribution.
    /// </summary>
    /// <exception cref="BadInputException">The file is damaged.</exception>
    public static (double[] Slopes, IReadOnlyList<AttributionMatrix>? Noise)? Read(string run, AttributionFile attribution)
    {
        string path = Path.Combine(run, Name);
        if (!File.Exists(path))
            return null;
        NpzContents file = Npz.Read(path);
        double[] slopes = file.Elements<double>("slopes"), effects = attribution.Effects;
        int size = effects.Length / slopes.Length;
        if (!file.Elements<double>("matrices").SequenceEqual(effects.Select((effect, i) => effect * slopes[i / size])))
            return null;
        return (slopes, file.Arrays.ContainsKey(NoiseArray) ? [.. file.Elements<double>(NoiseArray).Chunk(size)
            .Select(noise => AttributionMatrix.FromFlat(attribution.Objectives, noise, attribution.Groups))] : null);
    }
}
