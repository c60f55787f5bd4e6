using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Evaluation;

/// <summary>The values of objectives on models retrained without parts of the training set, for each seed.</summary>
public sealed class SubsetOutcomes
{
    private readonly double[][][] _values; // [R seeds][O objectives][S removals]

    /// <param name="objectives">[O].</param>
    /// <param name="removed">[S]: the groups that each model is trained without.</param>
    /// <param name="seeds">R.</param>
    /// <param name="logits">[R·S][M·K], all removals for the first seed, then for the second, … (<see cref="SubsetModel.Each"/>).</param>
    /// <param name="labels">[M].</param>
    /// <exception cref="ArgumentException">The number of models does not match the removals and seeds.</exception>
    public SubsetOutcomes(IReadOnlyList<Objective> objectives, IReadOnlyList<int[]> removed, int seeds, IReadOnlyList<float[]> logits,
        int[] labels)
    {
        ArgumentNullException.ThrowIfNull(objectives);
        ArgumentNullException.ThrowIfNull(removed);
        ArgumentNullException.ThrowIfNull(logits);
        if (logits.Count != seeds * removed.Count)
            throw new ArgumentException($"{logits.Count} models are not {removed.Count} removals at {seeds} seeds.", nameof(logits));
        (Objectives, Removed, Seeds) = (objectives, removed, seeds);
        _values = [.. Enumerable.Range(0, seeds).Select(r => objectives.Select(objective =>
            Enumerable.Range(0, removed.Count).Select(s => objective.Evaluate(logits[r * removed.Count + s], labels)).ToArray())
            .ToArray())];
    }

    /// <summary>[O].</summary>
    public IReadOnlyList<Objective> Objectives { get; }

    /// <summary>[S]: the groups that each model is trained without.</summary>
    public IReadOnlyList<int[]> Removed { get; }

    /// <summary>R.</summary>
    public int Seeds { get; }

    /// <summary>[S]: objective <paramref name="o"/> for one seed.</summary>
    public double[] At(int seed, int o) => _values[seed][o];

    /// <summary>[S]: objective <paramref name="o"/>, the mean over the seeds.</summary>
    public double[] Mean(int o) => Agreement.MeanOf([.. _values.Select(ofSeed => ofSeed[o])]);

    /// <summary>
    /// Exact effects for one seed, if the first removal is empty and each other removes one group: W[o, s − 1] = F_o(removal 0) −
    /// F_o(removal s).
    /// </summary>
    public AttributionMatrix EffectsAt(int seed)
    {
        var effects = new double[Objectives.Count, Removed.Count - 1];
        for (int o = 0; o < Objectives.Count; o++)
        {
            for (int s = 1; s < Removed.Count; s++)
                effects[o, s - 1] = _values[seed][o][0] - _values[seed][o][s];
        }

        return new AttributionMatrix([.. Objectives.Select(objective => objective.Name)], effects);
    }
}
