using System.Numerics.Tensors;
using DdmNative.Attribution.Metrics;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// A linear datamodel that starts from the effects of several methods: of the models that were trained on random subsets, the outcomes
/// decide how much each method counts (<see cref="MemberWeights"/>), and a ridge regression of what remains corrects the single parts.
/// W[o, g] = c_o·Σ_k w_k·e_kog/σ_ko + δ_og, with σ_ko the spread of method k's predictions over random subsets, c_o that of the outcomes.
/// </summary>
/// <remarks>
/// The unit is the outcomes': for each objective the spread of its outcomes, of which a few models give a rough value, is shrunk towards a
/// common multiple of the methods' spreads. δ = Φᵀ(ΦΦᵀ + λI)⁻¹r, with Φ [M, G] which parts each model kept, centred: systems of M unknowns,
/// whatever G.
/// </remarks>
internal sealed class CombinedDatamodel
{
    /// <summary>λ as a multiple of the mean of ΦΦᵀ's diagonal: docs/methods.md has the measurement.</summary>
    public const double Ridge = 3;

    private readonly double[][][] _effects; // [K][O][G]
    private readonly double[][] _spreads; // [K][O]
    private readonly double[][] _kept; // [M][G], centred
    private readonly double[][] _overlaps; // [M][M]
    private readonly double[][] _outcomes; // [O][M]
    private readonly double[][][] _predictions; // [K][O][M], in units of their spread
    private readonly MemberWeights _weights;
    private readonly int _parts;

    /// <param name="effects">[K][O][G]: every method's effects.</param>
    /// <param name="removed">[M]: the parts that each model is trained without, equally many.</param>
    /// <param name="outcomes">[O][M]: the objectives of each model.</param>
    public CombinedDatamodel(double[][][] effects, IReadOnlyList<int[]> removed, double[][] outcomes)
    {
        (_effects, _outcomes) = (effects, outcomes);
        _parts = effects[0][0].Length;
        double left = removed[0].Length, share = 1 - left / _parts;
        double perSubset = Math.Sqrt(left * (_parts - left) / (_parts - 1));
        _spreads = [.. effects.Select(method => method.Select(row
            => perSubset * MemberWeights.Spread(MemberWeights.Centred(row, [.. Enumerable.Range(0, _parts)]))).ToArray())];
        _predictions = [.. effects.Select((method, k) => method.Select((row, o)
            => Array.ConvertAll(LinearDatamodelingScore.Predict(row, removed), value => Over(value, _spreads[k][o]))).ToArray())];
        _kept = [.. removed.Select(without =>
        {
            var kept = new double[_parts];
            Array.Fill(kept, 1 - share);
            foreach (int part in without)
                kept[part] = -share;
            return kept;
        })];
        _overlaps = [.. _kept.Select(a => _kept.Select(b => TensorPrimitives.Dot<double>(a, b)).ToArray())];
        _weights = new MemberWeights(_predictions, outcomes);
        Weights = _weights.Fit();
    }

    /// <summary>[K]: how much each method counts, in units of the outcomes' spread.</summary>
    public double[] Weights { get; private set; }

    /// <summary>Whether single parts are corrected by the regression.</summary>
    public bool IsCorrected { get; private set; } = true;

    /// <summary>[O][M]: each model's outcomes as the other models' fit predicts them, up to a constant.</summary>
    public double[][] PredictEach()
    {
        double[][] predicted = [.. _outcomes.Select(row => new double[row.Length])];
        for (int s = 0; s < _kept.Length; s++)
        {
            int[] others = _weights.Models(s);
            double[] weights = _weights.Fit(s), scales = Scales(weights, others);
            CholeskySolver system = System(others);
            for (int o = 0; o < _outcomes.Length; o++)
            {
                double[] sums = _weights.Combine(weights, o), rest = Rest(sums, scales[o], o, others);
                system.Solve(rest);
                predicted[o][s] = scales[o] * (sums[s] - others.Average(other => sums[other]))
                    + others.Select((other, i) => rest[i] * _overlaps[s][other]).Sum();
            }
        }

        return predicted;
    }

    /// <summary>The score of one method alone on all models; none of it is fitted.</summary>
    public SubsetScore ScoreOf(int member) => SubsetScore.Of(_predictions[member], _outcomes);

    /// <summary>By how much predictions [O][M] score better than one method alone.</summary>
    public SubsetScore Gain(double[][] predicted, int member) => SubsetScore.Difference(predicted, _predictions[member], _outcomes);

    /// <summary>Takes one method alone, without corrections of single parts.</summary>
    public void Choose(int member)
    {
        Weights = new MemberWeights([_predictions[member]], _outcomes).Fit();
        Weights = [.. _effects.Select((_, k) => k == member ? Weights[0] : 0)];
        IsCorrected = false;
    }

    /// <summary>[O][G]: the effects.</summary>
    public double[][] Effects()
    {
        int[] all = _weights.Models(null);
        double[] scales = Scales(Weights, all);
        CholeskySolver system = System(all);
        var effects = new double[_outcomes.Length][];
        for (int o = 0; o < effects.Length; o++)
        {
            effects[o] = new double[_parts];
            for (int k = 0; k < Weights.Length; k++)
                TensorPrimitives.MultiplyAdd(_effects[k][o], scales[o] * Over(Weights[k], _spreads[k][o]), effects[o], effects[o]);
            if (!IsCorrected)
                continue;
            double[] rest = Rest(_weights.Combine(Weights, o), scales[o], o, all);
            system.Solve(rest);
            for (int s = 0; s < rest.Length; s++)
                TensorPrimitives.MultiplyAdd(_kept[s], rest[s], effects[o], effects[o]);
        }

        return effects;
    }

    /// <summary>[models]: what the weighted predictions leave of the outcomes.</summary>
    private double[] Rest(double[] sums, double scale, int o, int[] models)
    {
        double[] rest = MemberWeights.Centred(_outcomes[o], models), predicted = MemberWeights.Centred(sums, models);
        TensorPrimitives.MultiplyAdd(predicted, -scale, rest, rest);
        return rest;
    }

    /// <summary>ΦΦᵀ + λI of some models.</summary>
    private CholeskySolver System(int[] models)
    {
        double ridge = Ridge * models.Average(s => _overlaps[s][s]);
        return new CholeskySolver([.. models.Select((s, i)
            => models.Take(i + 1).Select((t, j) => _overlaps[s][t] + (i == j ? ridge : 0)).ToArray())]);
    }

    /// <summary>
    /// [O]: c, the spread of the outcomes. ln c_o is the mean over all objectives of ln(spread of y_o/σ_o), σ_o the weighted geometric mean
    /// of the methods' spreads, plus a part of o's own deviation from it: as much as the deviations vary beyond 1/(2(M − 1)), the variance
    /// of the logarithm of a spread that M values estimate (James and Stein).
    /// </summary>
    private double[] Scales(double[] weights, int[] models)
    {
        double[] own = [.. _outcomes.Select(row => MemberWeights.Spread(MemberWeights.Centred(row, models)))];
        double[] common = [.. own.Select((_, o) =>
        {
            int[] of = [.. Enumerable.Range(0, weights.Length).Where(k => weights[k] > 0 && _spreads[k][o] > 0)];
            return of.Length == 0 ? 0 : Math.Exp(of.Sum(k => weights[k] * Math.Log(_spreads[k][o])) / of.Sum(k => weights[k]));
        })];
        int[] defined = [.. Enumerable.Range(0, own.Length).Where(o => own[o] > 0 && common[o] > 0)];
        if (defined.Length == 0)
            return own;
        double mean = defined.Average(o => Math.Log(own[o] / common[o]));
        double variance = defined.Average(o => Math.Pow(Math.Log(own[o] / common[o]) - mean, 2));
        double part = variance > 0 ? Math.Max(0, 1 - 1 / (2.0 * (models.Length - 1)) / variance) : 0;
        return [.. own.Select((spread, o) => spread > 0 && common[o] > 0
            ? common[o] * Math.Exp(mean + part * (Math.Log(spread / common[o]) - mean)) : spread)];
    }

    private static double Over(double value, double spread) => spread > 0 ? value / spread : 0;
}
