namespace DdmNative.Attribution.Evaluation;

/// <summary>
/// The methods of the suite whose cost does not grow with the number of parts that effects are asked of, because one pass over the training samples gives all: they can be asked of every single
/// sample. The others retrain or distil for every part.
/// </summary>
public static class SampleMethods
{
    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["tracin", "grad-dot", "grad-cos", "influence", "ekfac", "trak", "in-run-shapley", "mirrored-influence", "untrac-inv", "cg-score", "random", "loss"];

    /// <summary>Whether <c>NAME</c> or <c>NAME:key=value</c> is one.</summary>
    public static bool Contains(string method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return Names.Contains(method.Split(':', 2)[0]);
    }
}
