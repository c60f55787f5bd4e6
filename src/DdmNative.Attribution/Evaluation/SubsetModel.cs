namespace DdmNative.Attribution.Evaluation;

/// <summary>A model to be trained on part of the training set.</summary>
/// <param name="Seed">Decides its initialisation and batch order.</param>
/// <param name="Removed">The groups it goes without, in any order; none for the reference.</param>
public sealed record SubsetModel(ulong Seed, IReadOnlyList<int> Removed)
{
    /// <summary>Each removal at each seed: all removals of the first seed, then of the second, …</summary>
    public static IReadOnlyList<SubsetModel> Each(IReadOnlyList<ulong> seeds, IEnumerable<IReadOnlyList<int>> removals)
    {
        ArgumentNullException.ThrowIfNull(seeds);
        return [.. seeds.SelectMany(seed => removals.Select(removed => new SubsetModel(seed, removed)))];
    }
}
