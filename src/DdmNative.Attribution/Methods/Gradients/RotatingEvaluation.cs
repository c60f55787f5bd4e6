using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Methods.Gradients;

/// <summary>What is measured on one evaluation sample.</summary>
internal readonly record struct EvaluatedSample(ObjectiveKind Kind, int Sample);

/// <summary>
/// Which evaluation samples a step of training looks at, so that each looks at few and all take their turn: F_o(θ_t) is estimated without bias by the samples at hand, and a training sums over many steps.
/// Objectives over the whole split or a class share one round, in which the classes are spread evenly; objectives over named samples have these at every step.
/// </summary>
internal sealed class RotatingEvaluation
{
    // Keeps the order apart from everything else that is drawn with the same seed.
    private const ulong Stream = 0x53484150ul << 32;

    private readonly IReadOnlyList<Objective> _objectives;
    private readonly HashSet<int>[] _samples;
    private readonly EvaluatedSample[] _named;
    private readonly List<(ObjectiveKind Kind, int[] Order, int PerStep)> _rounds = [];

    /// <param name="objectives">The matrix's rows.</param>
    /// <param name="labels">Of the evaluation samples.</param>
    /// <param name="perStep">Samples of a round that a step looks at; 0 for all.</param>
    /// <param name="seed">Decides the order.</param>
    public RotatingEvaluation(IReadOnlyList<Objective> objectives, int[] labels, int perStep, ulong seed)
    {
        _objectives = objectives;
        _samples = [.. objectives.Select(objective => objective.SamplesOf(labels).ToHashSet())];
        _named = [.. objectives.Where(objective => objective.Samples is not null).SelectMany(objective => objective.Samples!.Select(n => new EvaluatedSample(objective.Kind, n))).Distinct()];
        foreach (IGrouping<ObjectiveKind, Objective> ofKind in objectives.Where(objective => objective.Samples is null).GroupBy(objective => objective.Kind))
        {
            int[] order = Spread([.. ofKind.SelectMany(objective => objective.SamplesOf(labels)).Distinct().Order()], labels, seed);
            _rounds.Add((ofKind.Key, order, perStep == 0 ? order.Length : Math.Min(perStep, order.Length)));
        }

        Count = _named.Length + _rounds.Sum(round => round.PerStep);
    }

    /// <summary>D: samples that a step looks at, the same at every step.</summary>
    public int Count { get; }

    /// <summary>The samples of the m-th step that looks, [D].</summary>
    public EvaluatedSample[] At(int m)
        => [.. _named, .. _rounds.SelectMany(round => Enumerable.Range(0, round.PerStep)
            .Select(i => new EvaluatedSample(round.Kind, round.Order[(int)(((long)m * round.PerStep + i) % round.Order.Length)])))];

    /// <summary>What each of a step's samples weighs in each objective, [O, D]: F_o ≈ Σ_d w_od f_d.</summary>
    public double[] Weights(EvaluatedSample[] samples)
    {
        var weights = new double[_objectives.Count * samples.Length];
        for (int o = 0; o < _objectives.Count; o++)
        {
            Objective objective = _objectives[o];
            for (int d = 0; d < samples.Length; d++)
            {
                // What is named is not counted again where it has its turn, nor the other way round.
                if (samples[d].Kind == objective.Kind && objective.Samples is not null == d < _named.Length && _samples[o].Contains(samples[d].Sample))
                    weights[o * samples.Length + d] = StandsFor(objective) / _samples[o].Count;
            }
        }

        return weights;
    }

    /// <summary>Samples that one of a step's samples stands for.</summary>
    private double StandsFor(Objective objective)
    {
        if (objective.Samples is not null)
            return 1;
        (ObjectiveKind _, int[] order, int perStep) = _rounds.First(round => round.Kind == objective.Kind);
        return order.Length / (double)perStep;
    }

    /// <summary>Every class in random order, the classes dealt out evenly along the round.</summary>
    private static int[] Spread(int[] samples, int[] labels, ulong seed)
    {
        int[] order = [.. SeededOrder.Permutation(samples.Length, seed, Stream).Select(i => samples[i])];
        return [.. order.GroupBy(n => labels[n]).SelectMany(ofClass => ofClass.Select((n, i) => (Sample: n, Place: (i + 0.5) / ofClass.Count())))
            .OrderBy(dealt => dealt.Place).ThenBy(dealt => labels[dealt.Sample]).Select(dealt => dealt.Sample)];
    }
}
