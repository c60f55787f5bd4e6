using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Evaluation;

/// <summary>What objectives came to on models retrained without parts of the training set, at each seed.</summary>
public sealed class SubsetOutcomes
{
    private readonly double[][][] _values; // [R seeds][O objectives][S removals]

    /// <param name="objectives">[O].</param>
    /// <param name="removed">[S]: the groups that each model goes without.</param>
    /// <param name="seeds">R.</param>
    /// <param name="logits">[R·S][M·K], all removals of the first seed, then of the second, … (<see cref="SubsetModel.Each"/>).</param>
    /// <param name="labels">[M].</param>
    /// <exception cref="ArgumentException">There are not as many models as removals at that many seeds.</exception>
    public SubsetOutcomes(IReadOnlyList<Objective> objectives, IReadOnlyList<int[]> removed, int seeds, IReadOnlyList<float[]> logits, int[] labels)
    {
        ArgumentNullException.ThrowIfNull(objectives);
        ArgumentNullException.ThrowIfNull(removed);
        ArgumentNullException.ThrowIfNull(logits);
        if (logits.Count != seeds * removed.Count)
            throw new ArgumentException($"{logits.Count} models are not {removed.Count} removals at {seeds} seeds.", nameof(logits));
        (Objectives, Removed, Seeds) = (objectives, removed, seeds);
        _values = [.. Enumerable.Range(0, seeds).Select(r => objectives.Select(objective =>
            Enumerable.Range(0, removed.Count).Select(s => objective.Evaluate(logits[r * removed.Count + s], labels)).ToArray()).ToArray())];
    }

    /// <summary>[O].</summary>
    public IReadOnlyList<Objective> Objectives { get; }

    /// <summary>[S]: the groups that each model goes without.</summary>
    public IReadOnlyList<int[]> Removed { get; }

    /// <summary>R.</summary>
    public int Seeds { get; }

    /// <summary>[S]: objective <paramref name="o"/> at one seed.</summary>
    public double[] At(int seed, int o) => _values[seed][o];

    /// <summary>[S]: objective <paramref name="o"/>, the mean over the seeds.</summary>
    public double[] Mean(int o) => Agreement.MeanOf([.. _values.Select(ofSeed => ofSeed[o])]);

    /// <summary>Exact effects at one seed, where the first removal is of nothing and each other of one group: W[o, s − 1] = F_o(removal 0) − F_o(removal s).</summary>
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
