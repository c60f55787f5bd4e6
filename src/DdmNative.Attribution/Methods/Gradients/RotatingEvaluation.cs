using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Methods.Gradients;

/// <summary>An objective's kind on one evaluation sample.</summary>
internal readonly record struct EvaluatedSample(ObjectiveKind Kind, int Sample);

/// <summary>
/// Selects the evaluation samples for each training step, so that a step uses few and all are used in turn: the step's samples give an
/// unbiased estimate of F_o(θ_t), and a training sums over many steps. Objectives over the whole split or a class share one round, in which
/// the classes are spread evenly; objectives over named samples use these in every step.
/// </summary>
internal sealed class RotatingEvaluation
{
    // Separates this order from all other random numbers with the same seed.
    private const ulong Stream = 0x53484150ul << 32;

    private readonly IReadOnlyList<Objective> _objectives;
    private readonly HashSet<int>[] _samples;
    private readonly EvaluatedSample[] _named;
    private readonly List<(ObjectiveKind Kind, int[] Order, int PerStep)> _rounds = [];

    /// <param name="objectives">The matrix's rows.</param>
    /// <param name="labels">The labels of the evaluation samples.</param>
    /// <param name="perStep">The number of samples of a round per step; 0 for all.</param>
    /// <param name="seed">The seed of the order.</param>
    public RotatingEvaluation(IReadOnlyList<Objective> objectives, int[] labels, int perStep, ulong seed)
    {
        _objectives = objectives;
        _samples = [.. objectives.Select(objective => objective.SamplesOf(labels).ToHashSet())];
        _named = [.. objectives.Where(objective => objective.Samples is not null)
            .SelectMany(objective => objective.Samples!.Select(n => new EvaluatedSample(objective.Kind, n))).Distinct()];
        foreach (IGrouping<ObjectiveKind, Objective> ofKind in objectives.Where(objective => objective.Samples is null)
            .GroupBy(objective => objective.Kind))
        {
            int[] order = Spread([.. ofKind.SelectMany(objective => objective.SamplesOf(labels)).Distinct().Order()], labels, seed);
            _rounds.Add((ofKind.Key, order, perStep == 0 ? order.Length : Math.Min(perStep, order.Length)));
        }

        Count = _named.Length + _rounds.Sum(round => round.PerStep);
    }

    /// <summary>D: the number of samples per step, the same in every step.</summary>
    public int Count { get; }

    /// <summary>The samples of the m-th evaluated step, [D].</summary>
    public EvaluatedSample[] At(int m)
        => [.. _named, .. _rounds.SelectMany(round => Enumerable.Range(0, round.PerStep)
            .Select(i => new EvaluatedSample(round.Kind, round.Order[(int)(((long)m * round.PerStep + i) % round.Order.Length)])))];

    /// <summary>The weight of each of a step's samples in each objective, [O, D]: F_o ≈ Σ_d w_od f_d.</summary>
    public double[] Weights(EvaluatedSample[] samples)
    {
        var weights = new double[_objectives.Count * samples.Length];
        for (int o = 0; o < _objectives.Count; o++)
        {
            Objective objective = _objectives[o];
            for (int d = 0; d < samples.Length; d++)
            {
                // A named sample is not counted again as part of a round, nor the other way round.
                if (samples[d].Kind == objective.Kind && objective.Samples is not null == d < _named.Length
                    && _samples[o].Contains(samples[d].Sample))
                    weights[o * samples.Length + d] = StandsFor(objective) / _samples[o].Count;
            }
        }

        return weights;
    }

    /// <summary>The number of samples that one of a step's samples represents.</summary>
    private double StandsFor(Objective objective)
    {
        if (objective.Samples is not null)
            return 1;
        (ObjectiveKind _, int[] order, int perStep) = _rounds.First(round => round.Kind == objective.Kind);
        return order.Length / (double)perStep;
    }

    /// <summary>Every class in random order, with the classes spread evenly over the round.</summary>
    private static int[] Spread(int[] samples, int[] labels, ulong seed)
    {
        int[] order = [.. SeededOrder.Permutation(samples.Length, seed, Stream).Select(i => samples[i])];
        return [.. order.GroupBy(n => labels[n])
            .SelectMany(ofClass => ofClass.Select((n, i) => (Sample: n, Place: (i + 0.5) / ofClass.Count())))
            .OrderBy(dealt => dealt.Place).ThenBy(dealt => labels[dealt.Sample]).Select(dealt => dealt.Sample)];
    }
}
