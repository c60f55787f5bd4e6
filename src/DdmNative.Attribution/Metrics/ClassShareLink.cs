using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Metrics;

/// <summary>
/// Predicts the total test loss of a model without several groups from the groups' effects. Their sum fails: a class that loses most of
/// its groups costs far more than the groups cost one by one. The loss of class c grows like A·φ(u_c) with u_c the share of its training
/// samples that is kept, φ(u) = 1/(u + .05) − 1/1.05; the effects enter as what they say beyond that:
/// F(without R) − F(with all) = A·Σ_c π_c·φ(u_c) − Σ_{g∈R} (W_g + A·π_c·φ(1 − s_g)), with π_c the class's share of the test samples and
/// s_g the group's share of its class's training samples. For one group this is −W_g, its effect.
/// </summary>
/// <remarks>
/// A is the effects' own: the sum of the groups' effects on their own class's loss is that of A·φ(1 − s_g). No retrained model is needed.
/// The form was measured (docs/evaluation.md, "The total test loss"), not derived.
/// </remarks>
public sealed class ClassShareLink
{
    private const double Offset = 0.05;

    private readonly GroupTable _groups;
    private readonly double[] _total;
    private readonly double[] _testShares;
    private readonly int[] _classSizes;
    private readonly double _scale;

    /// <param name="groups">G groups, each within one class.</param>
    /// <param name="total">[G]: the effects on the total test loss.</param>
    /// <param name="ownClass">[G]: each group's effect on the test loss of its own class.</param>
    /// <param name="testLabels">The labels of the test samples.</param>
    /// <exception cref="ArgumentException">A group spans several classes, or there are not as many effects as groups.</exception>
    public ClassShareLink(GroupTable groups, double[] total, double[] ownClass, IReadOnlyList<int> testLabels)
    {
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentNullException.ThrowIfNull(total);
        ArgumentNullException.ThrowIfNull(ownClass);
        ArgumentNullException.ThrowIfNull(testLabels);
        if (total.Length != groups.Count || ownClass.Length != groups.Count)
            throw new ArgumentException($"{total.Length} and {ownClass.Length} effects are not those of {groups.Count} groups.",
                nameof(total));
        if (groups.ClassOf.Contains(GroupTable.SeveralClasses))
            throw new ArgumentException("A group spans several classes: its share of a class is not its own.", nameof(groups));
        (_groups, _total) = (groups, total);
        int classes = Math.Max(groups.ClassOf.Max(), testLabels.Max()) + 1;
        _classSizes = new int[classes];
        for (int g = 0; g < groups.Count; g++)
            _classSizes[groups.ClassOf[g]] += groups.Sizes[g];
        _testShares = [.. Enumerable.Range(0, classes).Select(c => testLabels.Count(label => label == c) / (double)testLabels.Count)];
        _scale = -ownClass.Sum() / Enumerable.Range(0, groups.Count).Sum(g => Link(1 - ShareOf(g)));
    }

    /// <summary>
    /// The link of a matrix's effects on the total loss and on every class's; null if the matrix has no such rows, or a group spans several
    /// classes. A class without test samples has no loss and counts nothing.
    /// </summary>
    /// <param name="groups">The matrix's columns.</param>
    /// <param name="effects">The effects.</param>
    /// <param name="testLabels">The labels of the test samples.</param>
    public static ClassShareLink? For(GroupTable groups, AttributionMatrix effects, IReadOnlyList<int> testLabels)
    {
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentNullException.ThrowIfNull(effects);
        ArgumentNullException.ThrowIfNull(testLabels);
        int total = effects.IndexOf(new Objective(ObjectiveKind.Loss).Name);
        int[] tested = [.. testLabels.Distinct()];
        Dictionary<int, int> rows = tested.ToDictionary(c => c, c => effects.IndexOf(new Objective(ObjectiveKind.Loss, c).Name));
        if (total < 0 || rows.ContainsValue(-1) || groups.ClassOf.Contains(GroupTable.SeveralClasses))
            return null;
        return new ClassShareLink(groups, [.. Enumerable.Range(0, groups.Count).Select(g => effects[total, g])],
            [.. groups.ClassOf.Select((c, g) => rows.TryGetValue(c, out int row) ? effects[row, g] : 0)], testLabels);
    }

    /// <summary>[S]: F(without the groups) − F(with all), in the effects' unit, for each set of removed groups.</summary>
    /// <exception cref="ArgumentException">A group is unknown or named twice.</exception>
    public double[] Predict(IReadOnlyList<int[]> removed)
    {
        ArgumentNullException.ThrowIfNull(removed);
        return [.. removed.Select(Predict)];
    }

    /// <summary>[S]: the part of <see cref="Predict(IReadOnlyList{int[]})"/> that the kept shares of the classes alone explain, the same
    /// for all methods up to the factor A: what a method must add to.</summary>
    /// <exception cref="ArgumentException">A group is unknown or named twice.</exception>
    public double[] PredictByShares(IReadOnlyList<int[]> removed)
    {
        ArgumentNullException.ThrowIfNull(removed);
        return [.. removed.Select(OfShares)];
    }

    private double Predict(int[] removed)
        => OfShares(removed) - removed.Sum(g => _total[g] + _scale * _testShares[_groups.ClassOf[g]] * Link(1 - ShareOf(g)));

    private double OfShares(int[] removed)
    {
        if (removed.Distinct().Count() < removed.Length || removed.Any(g => g < 0 || g >= _groups.Count))
            throw new ArgumentException($"Groups {string.Join(", ", removed)}: expected groups from 0 to {_groups.Count - 1}, each once.",
                nameof(removed));
        double sum = 0;
        foreach (IGrouping<int, int> ofClass in removed.GroupBy(g => _groups.ClassOf[g]))
        {
            // Whole samples: a class of which nothing is kept has a share of exactly zero.
            int left = _classSizes[ofClass.Key] - ofClass.Sum(g => _groups.Sizes[g]);
            sum += _testShares[ofClass.Key] * Link((double)left / _classSizes[ofClass.Key]);
        }

        return _scale * sum;
    }

    private double ShareOf(int group) => (double)_groups.Sizes[group] / _classSizes[_groups.ClassOf[group]];

    private static double Link(double share) => 1 / (share + Offset) - 1 / (1 + Offset);
}
