using System.Globalization;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;

namespace DdmNative.Runs.Checkpoints;

/// <summary>
/// The metadata of a model file, so that the model can be used elsewhere and imported again without further settings: the architecture, and
/// the <c>mean</c> and <c>std</c> of every channel for normalising images, in units of pixels from 0 to 1.
/// </summary>
internal static class CheckpointMetadata
{
    private const string Mean = "mean", Std = "std";

    public static Dictionary<string, string> Of(Network network, Normalization normalization) => new()
    {
        ["architecture"] = network.Options.Architecture,
        ["width"] = network.Options.Width.ToString(CultureInfo.InvariantCulture),
        ["depth"] = network.Options.Depth.ToString(CultureInfo.InvariantCulture),
        [Mean] = Join(normalization.Mean),
        [Std] = Join(normalization.Std),
    };

    /// <summary>Returns the normalisation in a file's metadata; null if there is none.</summary>
    /// <exception cref="BadInputException">It is incomplete, or has another number of channels.</exception>
    public static Normalization? NormalizationOf(CheckpointFile file, int channels)
    {
        bool hasMean = file.Metadata.TryGetValue(Mean, out string? means), hasStd = file.Metadata.TryGetValue(Std, out string? stds);
        if (!hasMean && !hasStd)
            return null;
        double[] mean = Numbers(means), std = Numbers(stds);
        return mean.Length == channels && std.Length == channels && mean.All(double.IsFinite)
            && std.All(value => double.IsFinite(value) && value > 0)
            ? new Normalization(mean, std)
            : throw new BadInputException(file.Path, "__metadata__, mean and std", $"'{means}' and '{stds}'",
                $"{channels} numbers each, separated by commas, the deviations above 0",
                "Specify the normalisation with --mean and --std.");
    }

    private static string Join(double[] values)
        => string.Join(',', values.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));

    private static double[] Numbers(string? text)
        => [.. (text ?? "").Split(',')
            .Select(part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                ? value : double.NaN)];
}
