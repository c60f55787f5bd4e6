using DdmNative.Attribution.Objectives;

namespace DdmNative.Runs.Folders;

/// <summary>
/// A run's effects as people see them: in the unit of exact retraining where some has been done, with their noise, and beside what exact
/// retraining found.
/// </summary>
internal sealed class ShownEffects
{
    private readonly double[] _slopes;
    private readonly ValidationFile? _validation;

    private ShownEffects(AttributionFile file, ValidationFile? validation, double[] slopes, IReadOnlyList<AttributionMatrix>? noise)
    {
        (File, _validation, _slopes) = (file, validation, slopes);
        Matrices = [.. file.Matrices.Select((matrix, a) => IsCalibrated(a) ? matrix.Scale(slopes[a]) : matrix)];
        Noise = [.. file.Matrices.Select((_, a) => IsCalibrated(a) && noise is not null ? noise[a] : file.Noise?[a])];
    }

    /// <summary>The attribution.</summary>
    public AttributionFile File { get; }

    /// <summary>[A]: effects [O, G].</summary>
    public IReadOnlyList<AttributionMatrix> Matrices { get; }

    /// <summary>[A]: their noise [O, G], NaN where it is not known; null in a run of an older version.</summary>
    public IReadOnlyList<AttributionMatrix?> Noise { get; }

    /// <summary>The number of groups that were retrained without; 0 for none.</summary>
    public int Retrained => _validation?.Groups.Length ?? 0;

    /// <summary>Reads the effects of a run.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="isValidated">Whether exact retraining is finished for the present job.</param>
    /// <exception cref="Attribution.Formats.BadInputException">A file is missing or damaged.</exception>
    public static ShownEffects Read(string folder, bool isValidated)
    {
        var file = AttributionFile.Read(Path.Combine(folder, AttributionFile.Name));
        ValidationFile? validation = isValidated ? ValidationFile.Read(folder, file) : null;
        (double[] Slopes, IReadOnlyList<AttributionMatrix>? Noise)? calibration = validation is null ? null
            : CalibrationFile.Read(folder, file);
        return new ShownEffects(file, validation, calibration?.Slopes ?? [.. file.Methods.Select(_ => double.NaN)], calibration?.Noise);
    }

    /// <summary>Whether a method's effects were brought to the unit of exact retraining by such retrainings.</summary>
    public bool IsCalibrated(int method) => double.IsFinite(_slopes[method]);

    /// <summary>The noise of one effect; null where it is not known.</summary>
    public double? NoiseOf(int method, int objective, int group) => Known(Noise[method]?[objective, group]);

    /// <summary>What exact retraining found; null for a group that was not retrained without.</summary>
    public (double Effect, double? Noise)? Exact(int objective, int group)
    {
        int i = _validation is null ? -1 : Array.IndexOf(_validation.Groups, group);
        return i < 0 ? null : (_validation!.Exact[objective, i], _validation.ExactNoise?[objective, i]);
    }

    /// <summary>The total of one of the user's own names, in the same unit as the effects, with its noise if that is known.</summary>
    public (double Effect, double? Noise) Total(int method, int objective, int name)
    {
        TotalEffects totals = File.Totals!;
        double scale = IsCalibrated(method) ? _slopes[method] : 1;
        return (scale * totals.Effects[method][objective, name],
            Known(scale * totals.Noise[method][objective, name]) ?? SumNoise(method, objective, totals.Names[name]));
    }

    /// <summary>The noise of a sum over a name's groups, as that of independent numbers.</summary>
    private double? SumNoise(int method, int objective, string name)
    {
        double squares = 0;
        for (int g = 0; g < File.Groups; g++)
        {
            if (File.Names![g] != name)
                continue;
            if (NoiseOf(method, objective, g) is not double noise)
                return null;
            squares += noise * noise;
        }

        return Math.Sqrt(squares);
    }

    private static double? Known(double? value) => value is double known && double.IsFinite(known) ? known : null;
}
