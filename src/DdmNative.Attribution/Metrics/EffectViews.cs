using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Metrics;

/// <summary>The parts of a matrix in which predicted and exact effects are compared, each as one list.</summary>
/// <param name="Same">[G]: each group's effect on the loss of its own class.</param>
/// <param name="All">[G·C]: all (group, class) pairs, in the order of the groups, then of the classes.</param>
/// <param name="Off">[G·(C − 1)]: the pairs of a group and another class than its own.</param>
/// <param name="Total">[G]: each group's effect on the total loss.</param>
/// <param name="Within">[G]: as <paramref name="Same"/>, minus the mean over the groups of each class.</param>
public sealed record EffectViews(double[] Same, double[] All, double[] Off, double[] Total, double[] Within)
{
    /// <summary>The views' names, in the order of <see cref="Lists"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = ["same", "all", "off", "total", "within"];

    /// <summary>The lists in the order of <see cref="Names"/>.</summary>
    public IReadOnlyList<double[]> Lists => [Same, All, Off, Total, Within];

    /// <summary>The classes whose loss is an objective of the matrix.</summary>
    public static int[] ClassesIn(AttributionMatrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        return [.. matrix.Objectives.Select(Objective.Parse).Where(o => o is { Kind: ObjectiveKind.Loss, Class: not null })
            .Select(o => o.Class!.Value).Distinct()];
    }

    /// <summary>The views of a matrix that has the rows <c>loss</c> and <c>loss:class=c</c>.</summary>
    /// <param name="matrix">[O, G].</param>
    /// <param name="classes">The classes to use.</param>
    /// <param name="classOf">[G]: the class of each column's group.</param>
    /// <exception cref="ArgumentException">The numbers of columns and groups differ, or a loss is missing.</exception>
    public static EffectViews Of(AttributionMatrix matrix, IReadOnlyList<int> classes, IReadOnlyList<int> classOf)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        ArgumentNullException.ThrowIfNull(classes);
        ArgumentNullException.ThrowIfNull(classOf);
        if (matrix.Groups != classOf.Count)
            throw new ArgumentException($"{matrix.Groups} columns are not those of {classOf.Count} groups.", nameof(classOf));
        double[][] rows = [.. classes.Select(c => matrix.Row(new Objective(ObjectiveKind.Loss, c).Name))];
        var (same, all, off) = (new List<double>(), new List<double>(), new List<double>());
        for (int g = 0; g < matrix.Groups; g++)
        {
            for (int c = 0; c < classes.Count; c++)
            {
                all.Add(rows[c][g]);
                (classes[c] == classOf[g] ? same : off).Add(rows[c][g]);
            }

            if (same.Count != g + 1)
                throw new ArgumentException($"Group {g} is of class {classOf[g]}, whose loss is not an objective of the matrix.",
                    nameof(classOf));
        }

        double[] own = [.. same];
        return new EffectViews(own, [.. all], [.. off], matrix.Row(new Objective(ObjectiveKind.Loss).Name),
            WithoutClassMeans(own, classOf));
    }

    private static double[] WithoutClassMeans(double[] values, IReadOnlyList<int> classOf)
    {
        var result = new double[values.Length];
        for (int g = 0; g < values.Length; g++)
            result[g] = values[g] - values.Where((_, other) => classOf[other] == classOf[g]).Average();
        return result;
    }
}
