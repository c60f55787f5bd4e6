using DdmNative.Attribution.Formats;
using DdmNative.Runs.Stages;

namespace DdmNative.Runs.Exports;

/// <summary>
/// What exact retraining found for a run's groups, and the slopes fitted on it; empty where there is none, or it is of another attribution than the present one: the predictions that it was
/// compared with must be the present ones, number by number.
/// </summary>
internal sealed class ExactEffects
{
    private readonly Dictionary<int, int> _columns = [];
    private readonly double[] _exact;
    private readonly double[] _slopes;

    private ExactEffects(int[] groups, double[] exact, double[] slopes)
    {
        (_exact, _slopes) = (exact, slopes);
        for (int i = 0; i < groups.Length; i++)
            _columns.Add(groups[i], i);
    }

    /// <param name="run">The run's folder.</param>
    /// <param name="methods">[A].</param>
    /// <param name="objectives">[O].</param>
    /// <param name="effects">[A, O, G].</param>
    /// <param name="count">G.</param>
    public static ExactEffects Of(string run, string[] methods, string[] objectives, double[] effects, int count)
    {
        string path = Path.Combine(run, ValidateStage.NpzFile), calibrated = Path.Combine(run, ValidateStage.CalibratedFile);
        if (!File.Exists(path))
            return new ExactEffects([], [], []);
        NpzContents file = Npz.Read(path);
        int[] groups = file.Elements<int>("groups");
        double[] predicted = file.Elements<double>("predicted_methods");
        bool same = file.Elements<string>("methods").SequenceEqual(methods) && file.Elements<string>("objectives").SequenceEqual(objectives) && groups.All(g => g < count)
            && predicted.SequenceEqual(Enumerable.Range(0, methods.Length * objectives.Length).SelectMany(row => groups.Select(g => effects[row * count + g])));
        return same ? new ExactEffects(groups, file.Elements<double>("exact"), SlopesIn(calibrated, effects)) : new ExactEffects([], [], []);
    }

    /// <summary>The slope of a method; null where none was fitted.</summary>
    public double? Slope(int method) => _slopes.Length == 0 ? null : _slopes[method];

    /// <summary>The exact effect; null where the group was not retrained without.</summary>
    public double? At(int objective, int group) => _columns.TryGetValue(group, out int column) ? _exact[objective * _columns.Count + column] : null;

    private static double[] SlopesIn(string path, double[] effects)
    {
        if (!File.Exists(path))
            return [];
        NpzContents file = Npz.Read(path);
        double[] slopes = file.Elements<double>("slopes"), scaled = file.Elements<double>("matrices");
        return scaled.SequenceEqual(effects.Select((effect, i) => effect * slopes[i / (effects.Length / slopes.Length)])) ? slopes : [];
    }
}
