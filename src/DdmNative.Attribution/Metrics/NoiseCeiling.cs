using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Metrics;

/// <summary>
/// How well exact retraining predicts itself: the effects for one seed against their mean over the other seeds, averaged over the seeds.
/// </summary>
public static class NoiseCeiling
{
    /// <summary>The ceiling of every figure.</summary>
    /// <param name="seeds">Exact effects, one matrix per seed.</param>
    /// <param name="classOf">[G]: the class of each column's group.</param>
    /// <exception cref="ArgumentException">There are fewer than two seeds, or their matrices do not match.</exception>
    public static EffectCorrelations Compute(IReadOnlyList<AttributionMatrix> seeds, IReadOnlyList<int> classOf)
    {
        ArgumentNullException.ThrowIfNull(seeds);
        if (seeds.Count < 2)
            throw new ArgumentException($"A ceiling needs exact retrainings with at least two seeds; there are {seeds.Count}.",
                nameof(seeds));
        return EffectCorrelations.Mean([.. seeds.Select((one, r) =>
            EffectCorrelations.Compute(one, AttributionMatrix.Mean([.. seeds.Where((_, other) => other != r)]), classOf))]);
    }
}
