using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Objectives;

/// <summary>
/// W[o, g] = F_o(with g) − F_o(without g): the effect on each objective of having each group (or set of groups) in the training set, in the
/// objective's own unit. For a loss, negative means the group helps.
/// </summary>
public sealed class AttributionMatrix
{
    /// <summary>What the numbers mean, for every export.</summary>
    public const string Convention =
        "matrix[o, g] = F_o(with group g) - F_o(without group g), in the objective's own unit; for a loss, negative means the group helps";

    private readonly double[,] _values;

    /// <param name="objectives">[O]: the objectives' names.</param>
    /// <param name="values">[O, G]; kept, not copied.</param>
    /// <exception cref="ArgumentException">There are not as many rows as names.</exception>
    public AttributionMatrix(IReadOnlyList<string> objectives, double[,] values)
    {
        ArgumentNullException.ThrowIfNull(objectives);
        ArgumentNullException.ThrowIfNull(values);
        if (values.GetLength(0) != objectives.Count)
            throw new ArgumentException($"{values.GetLength(0)} rows are not those of {objectives.Count} objectives.", nameof(values));
        (Objectives, _values) = (objectives, values);
    }

    /// <summary>[O]: the rows' names.</summary>
    public IReadOnlyList<string> Objectives { get; }

    /// <summary>G: columns.</summary>
    public int Groups => _values.GetLength(1);

    /// <summary>The effect of having group <paramref name="g"/> on objective <paramref name="o"/>.</summary>
    public double this[int o, int g] => _values[o, g];

    /// <summary>The effects that the models' logits show, of each left-out set on each objective.</summary>
    /// <param name="logits">Models with and without.</param>
    /// <param name="labels">[M]: the evaluation samples' labels.</param>
    /// <param name="objectives">The rows.</param>
    public static AttributionMatrix From(CounterfactualLogits logits, ReadOnlySpan<int> labels, IReadOnlyList<Objective> objectives)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(objectives);
        var values = new double[objectives.Count, logits.Count];
        for (int o = 0; o < objectives.Count; o++)
        {
            double with = objectives[o].Evaluate(logits.Reference, labels);
            for (int g = 0; g < logits.Count; g++)
                values[o, g] = with - objectives[o].Evaluate(logits.Model(g), labels);
        }

        return new AttributionMatrix([.. objectives.Select(objective => objective.Name)], values);
    }

    /// <summary>The matrix with these effects [O·G], row by row.</summary>
    /// <exception cref="ArgumentException">There are not as many effects.</exception>
    public static AttributionMatrix FromFlat(IReadOnlyList<string> objectives, ReadOnlySpan<double> effects, int groups)
    {
        ArgumentNullException.ThrowIfNull(objectives);
        if (effects.Length != objectives.Count * groups)
            throw new ArgumentException($"{effects.Length} effects; {objectives.Count} objectives × {groups} groups were expected.",
                nameof(effects));
        var values = new double[objectives.Count, groups];
        effects.CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.As<byte, double>(ref MemoryMarshal.GetArrayDataReference(values)),
            values.Length));
        return new AttributionMatrix(objectives, values);
    }

    /// <summary>[O·G]: the effects row by row.</summary>
    public double[] Flatten() => [.. _values.Cast<double>()];

    /// <summary>αa + βb, element by element.</summary>
    /// <exception cref="ArgumentException">The matrices are of other objectives or groups.</exception>
    public static AttributionMatrix Combine(double alpha, AttributionMatrix a, double beta, AttributionMatrix b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        a.RequireSameShape(b);
        return a.Map((o, g) => alpha * a[o, g] + beta * b[o, g]);
    }

    /// <summary>The mean of several matrices (of several seeds, say), summed in their order.</summary>
    /// <exception cref="ArgumentException">There is none, or they are of other objectives or groups.</exception>
    public static AttributionMatrix Mean(IReadOnlyList<AttributionMatrix> matrices)
    {
        ArgumentNullException.ThrowIfNull(matrices);
        if (matrices.Count == 0)
            throw new ArgumentException("The mean of no matrices.", nameof(matrices));
        foreach (AttributionMatrix matrix in matrices)
            matrices[0].RequireSameShape(matrix);
        return matrices[0].Map((o, g) => matrices.Sum(matrix => matrix[o, g]) / matrices.Count);
    }

    /// <summary>Every effect times a factor.</summary>
    public AttributionMatrix Scale(double factor) => Map((o, g) => factor * this[o, g]);

    /// <summary>Some of the columns, in the given order.</summary>
    public AttributionMatrix SelectGroups(IReadOnlyList<int> groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        var values = new double[Objectives.Count, groups.Count];
        for (int o = 0; o < Objectives.Count; o++)
        {
            for (int i = 0; i < groups.Count; i++)
                values[o, i] = _values[o, groups[i]];
        }

        return new AttributionMatrix(Objectives, values);
    }

    /// <summary>Each column the sum of some columns.</summary>
    public AttributionMatrix SumGroups(IReadOnlyList<int[]> sets)
    {
        ArgumentNullException.ThrowIfNull(sets);
        var values = new double[Objectives.Count, sets.Count];
        for (int o = 0; o < Objectives.Count; o++)
        {
            for (int i = 0; i < sets.Count; i++)
                values[o, i] = sets[i].Sum(g => _values[o, g]);
        }

        return new AttributionMatrix(Objectives, values);
    }

    /// <summary>Some of the rows, in the given order.</summary>
    /// <exception cref="ArgumentException">A name is not one of the rows.</exception>
    public AttributionMatrix SelectObjectives(IReadOnlyList<string> objectives)
    {
        ArgumentNullException.ThrowIfNull(objectives);
        var values = new double[objectives.Count, Groups];
        for (int o = 0; o < objectives.Count; o++)
        {
            double[] row = Row(objectives[o]);
            for (int g = 0; g < Groups; g++)
                values[o, g] = row[g];
        }

        return new AttributionMatrix(objectives, values);
    }

    /// <summary>[G]: the effects on the objective of that name.</summary>
    /// <exception cref="ArgumentException">It is not one of the rows.</exception>
    public double[] Row(string objective)
    {
        int o = IndexOf(objective);
        if (o < 0)
            throw new ArgumentException($"Objective '{objective}' is not in the matrix; it has {string.Join(", ", Objectives)}.",
                nameof(objective));
        return [.. Enumerable.Range(0, Groups).Select(g => _values[o, g])];
    }

    /// <summary>Which row has that name, or −1.</summary>
    public int IndexOf(string objective)
    {
        for (int o = 0; o < Objectives.Count; o++)
        {
            if (Objectives[o] == objective)
                return o;
        }

        return -1;
    }

    /// <summary>A copy of the numbers, [O, G].</summary>
    public double[,] ToArray() => (double[,])_values.Clone();

    private AttributionMatrix Map(Func<int, int, double> value)
    {
        var values = new double[Objectives.Count, Groups];
        for (int o = 0; o < Objectives.Count; o++)
        {
            for (int g = 0; g < Groups; g++)
                values[o, g] = value(o, g);
        }

        return new AttributionMatrix(Objectives, values);
    }

    private void RequireSameShape(AttributionMatrix other)
    {
        if (other.Groups != Groups || !other.Objectives.SequenceEqual(Objectives))
            throw new ArgumentException(
                $"One matrix is of {Objectives.Count} objectives and {Groups} groups, the other of {other.Objectives.Count} and "
                + $"{other.Groups}, or their objectives differ.");
    }
}
