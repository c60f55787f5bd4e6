using System.Text.Json.Serialization;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Evaluation;

/// <summary>
/// The linear datamodelling score of one method under one <see cref="SubsetSetting"/>; a figure that does not exist is null.
/// </summary>
/// <param name="Method">The method, or <c>ceiling</c>: one seed's models against the mean of the others'.</param>
/// <param name="SubsetsOf">What subsets consist of: <c>groups</c> or <c>samples</c>.</param>
/// <param name="Keep">The share of these that a subset keeps.</param>
/// <param name="Sample">The mean of the scores on single predictions.</param>
/// <param name="SampleLow">The lower end of the 95 % interval of <paramref name="Sample"/> over the predictions.</param>
/// <param name="SampleHigh">Its upper end.</param>
/// <param name="Class">The mean of the scores on the classes' losses.</param>
/// <param name="Total">The score on the total loss.</param>
public sealed record LdsScore(string Method, string SubsetsOf, double Keep, double? Sample, double? SampleLow, double? SampleHigh,
    double? Class, double? Total)
{
    // Separates these random numbers from all others with the same seed.
    private const ulong Stream = 0x4C445343ul << 32;

    /// <summary>The names of the figures, in the order of <see cref="Figures"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = ["lds_total", "lds_class", "lds_sample", "lds_sample_low", "lds_sample_high"];

    /// <summary>What the subsets are.</summary>
    [JsonIgnore]
    public SubsetSetting Setting => new(SubsetsOf, Keep);

    /// <summary>The figures, as <see cref="Names"/> names them.</summary>
    [JsonIgnore]
    public IReadOnlyList<double?> Figures => [Total, Class, Sample, SampleLow, SampleHigh];

    /// <summary>
    /// Averages the scores of single objectives. A score that does not exist (a loss that no subset changes, a method with the same effect
    /// for all parts) is not zero, and is left out.
    /// </summary>
    /// <param name="method">The method.</param>
    /// <param name="setting">What the subsets are.</param>
    /// <param name="objectives">[O]: the total loss, the classes' losses, single predictions.</param>
    /// <param name="scores">[O].</param>
    /// <param name="seed">The seed of the interval's resamples.</param>
    /// <exception cref="ArgumentException">There are not as many scores as objectives.</exception>
    public static LdsScore Of(string method, SubsetSetting setting, IReadOnlyList<Objective> objectives, IReadOnlyList<double> scores,
        ulong seed)
    {
        ArgumentNullException.ThrowIfNull(setting);
        ArgumentNullException.ThrowIfNull(objectives);
        ArgumentNullException.ThrowIfNull(scores);
        if (scores.Count != objectives.Count)
            throw new ArgumentException($"{scores.Count} scores are not those of {objectives.Count} objectives.", nameof(scores));
        double[] samples = Known(objective => objective.Samples is not null), classes = Known(objective => objective.Class is not null),
            total = Known(objective => objective.Samples is null && objective.Class is null);
        (double low, double high) = Bootstrap.OfMean(samples, seed, Stream);
        return new LdsScore(method, setting.SubsetsOf, setting.Keep, Mean(samples), Finite(low), Finite(high), Mean(classes), Mean(total));

        double[] Known(Func<Objective, bool> of)
            => [.. scores.Where((score, o) => of(objectives[o]) && double.IsFinite(score))];
        static double? Mean(double[] some) => some.Length > 0 ? some.Average() : null;
        static double? Finite(double value) => double.IsFinite(value) ? value : null;
    }

    /// <summary>The score that these figures describe; null if none of them exists.</summary>
    /// <param name="method">The method.</param>
    /// <param name="setting">What the subsets are.</param>
    /// <param name="figure">A figure by its name under the setting; null if it does not exist.</param>
    public static LdsScore? Read(string method, SubsetSetting setting, Func<string, double?> figure)
    {
        ArgumentNullException.ThrowIfNull(setting);
        ArgumentNullException.ThrowIfNull(figure);
        double?[] found = [.. Names.Select(name => figure(setting.NameOf(name)))];
        return found.All(value => value is null) ? null
            : new LdsScore(method, setting.SubsetsOf, setting.Keep, found[2], found[3], found[4], found[1], found[0]);
    }
}
