using System.Globalization;
using DdmNative.Attribution.Metrics;

namespace DdmNative.Attribution.Evaluation;

/// <summary>What the random subsets of the linear datamodelling score consist of, and how much of the training set they keep.</summary>
/// <param name="SubsetsOf">One of <see cref="Words"/>.</param>
/// <param name="Keep">The share of the parts that a subset keeps, above 0 and below 1.</param>
public sealed record SubsetSetting(string SubsetsOf, double Keep)
{
    public const string Groups = "groups", Samples = "samples";

    /// <summary>What a subset can consist of.</summary>
    public static IReadOnlyList<string> Words { get; } = [Groups, Samples];

    /// <summary>Halves of the groups, whose figures and arrays have no name of their own.</summary>
    public bool IsDefault => SubsetsOf == Groups && Keep == RandomSubsets.Half;

    /// <summary>For people: <c>samples, keep 0.9</c>.</summary>
    public string Title => $"{SubsetsOf}, keep {KeepText}";

    /// <summary>The share as it is written in names and tables.</summary>
    public string KeepText => Keep.ToString(CultureInfo.InvariantCulture);

    /// <summary>The name of a figure or an array under this setting: <c>kept</c> for the default, else <c>kept_samples_0.9</c>.</summary>
    public string NameOf(string name) => IsDefault ? name : $"{name}_{SubsetsOf}_{KeepText}";

    /// <summary>[<paramref name="count"/>][removed]: the parts that each subset leaves out.</summary>
    /// <remarks>
    /// Subsets that keep less leave out what those with the same number that keep more leave out, and further parts, unless a draw was
    /// discarded because it equals an earlier one.
    /// </remarks>
    /// <param name="parts">The number of groups or samples.</param>
    /// <param name="count">The number of subsets.</param>
    /// <param name="seed">The seed of the draws.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than two parts, or fewer different subsets.</exception>
    public IReadOnlyList<int[]> Draw(int parts, int count, ulong seed)
        => RandomSubsets.Draw(parts, Keep, count, seed, IsDefault ? SubsetUse.HalvesOfGroups : SubsetUse.OtherSubsets);
}
