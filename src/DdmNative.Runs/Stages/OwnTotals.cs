using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Stages;

/// <summary>
/// The user's own names (annotators, sources) where they span several classes. A group lies within one class, so a name is then several
/// groups; its total is the effect of removing all of them together.
/// </summary>
/// <param name="Names">[T]: the names, in the order of their first groups.</param>
/// <param name="Groups">[T]: the groups of each name, ascending.</param>
internal sealed record OwnTotals(string[] Names, int[][] Groups)
{
    /// <summary>The value of <c>total_by</c> for a total that was computed by one removal of all groups.</summary>
    public const string Removal = "removal";

    /// <summary>The value of <c>total_by</c> for a total that is the sum of the groups' effects.</summary>
    public const string Sum = "sum";

    /// <summary>
    /// The names of some groups; null if no name has several groups, so that the groups themselves are the answer. A name that has all
    /// groups is left out: without it nothing remains.
    /// </summary>
    public static OwnTotals? For(GroupTable? groups)
    {
        if (groups?.Names is not string[] names)
            return null;
        (string Name, int[] Groups)[] sets = [.. names.Index().GroupBy(entry => entry.Item, entry => entry.Index)
            .Select(of => (of.Key, of.ToArray())).Where(of => of.Item2.Length < groups.Count)];
        return sets.Any(of => of.Groups.Length > 1) ? new OwnTotals([.. sets.Select(of => of.Name)], [.. sets.Select(of => of.Groups)])
            : null;
    }

    /// <summary>What a method that makes models leaves out: each group, then each name that has several groups.</summary>
    public static IReadOnlyList<int[]> Removals(int groups, OwnTotals? totals)
        => [.. CounterfactualLogits.EachGroup(groups), .. totals?.Groups.Where(of => of.Length > 1) ?? []];

    /// <summary>[T]: the position of each name in <see cref="Removals"/>.</summary>
    /// <param name="groups">G.</param>
    public int[] Columns(int groups)
    {
        var columns = new int[Names.Length];
        int next = groups;
        for (int t = 0; t < columns.Length; t++)
            columns[t] = Groups[t].Length > 1 ? next++ : Groups[t][0];
        return columns;
    }
}
