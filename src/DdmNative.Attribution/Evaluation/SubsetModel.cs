namespace DdmNative.Attribution.Evaluation;

/// <summary>A model to be trained on part of the training set.</summary>
/// <param name="Seed">The seed of its initialisation and batch order.</param>
/// <param name="Removed">The groups that it is trained without, in any order; none for the reference.</param>
public sealed record SubsetModel(ulong Seed, IReadOnlyList<int> Removed)
{
    /// <summary>Each removal with each seed: all removals for the first seed, then for the second, …</summary>
    public static IReadOnlyList<SubsetModel> Each(IReadOnlyList<ulong> seeds, IEnumerable<IReadOnlyList<int>> removals)
    {
        ArgumentNullException.ThrowIfNull(seeds);
        return [.. seeds.SelectMany(seed => removals.Select(removed => new SubsetModel(seed, removed)))];
    }
}
