using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Methods;

/// <summary>Settings of <see cref="Datamodel"/>.</summary>
/// <param name="Subsets">Random halves of the parts to train without.</param>
/// <param name="Penalty"><c>ridge</c>, λ‖w‖²/2, or <c>lasso</c>, λ‖w‖₁ with a hundredth of the diagonal's mean as a ridge: halves of all
/// parts alone would leave a direction free.</param>
/// <param name="Strength">λ as a share: of the mean of the normal matrix's diagonal (ridge), or of the least λ that makes every coefficient
/// zero (lasso).</param>
public sealed record DatamodelOptions(int Subsets = 100, string Penalty = "ridge", double Strength = 0.05);

/// <summary>
/// `datamodel` (Ilyas et al., ICML 2022): the recipe trained without each of many random halves of the parts, along the ensemble axis, and
/// F regressed on which parts were there: F ≈ b + Σ_g w_g·1[g was there], W[o, g] = w_g. Unit: the objective's, averaged over what else was
/// there. Cost: as many trainings as subsets, whatever G.
/// </summary>
/// <remarks>
/// Halves as <see cref="RandomSubsets"/> draws them from the seed. Both sides are centred, so that b takes no penalty; ridge is solved in
/// closed form, lasso by cyclic coordinate descent.
/// </remarks>
public sealed class Datamodel(DatamodelOptions? options = null) : IAttributionMethod
{
    private const int Sweeps = 10_000;
    private const double Still = 1e-12, FreeDirectionRidge = 0.01;

    private readonly DatamodelOptions _options = options ?? new DatamodelOptions();

    // The draws are named because other ones were used before the score had its own.
    public object Options => new { _options, Draws = SubsetUse.Datamodel };

    /// <summary>From <c>subsets</c>, <c>penalty</c> and <c>strength</c>.</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static Datamodel From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var best = new DatamodelOptions();
        return new Datamodel(new DatamodelOptions(settings.Whole("subsets", best.Subsets, 2, 1_000_000),
            settings.Word("penalty", best.Penalty, "ridge", "lasso"), settings.Real("strength", best.Strength, 0, 1e6)));
    }

    public bool FallsIntoPieces => true;

    public string? Fault(int parts)
    {
        if (parts < 2)
            return "Method 'datamodel' needs two parts or more: there are no halves of one.";
        return RandomSubsets.Different(parts, RandomSubsets.Half) is long halves && _options.Subsets > halves
            ? $"Method 'datamodel' draws {_options.Subsets} different halves, and {parts} groups have only {halves}. "
                + $"Ask for fewer subsets, datamodel:subsets={halves}, or for more groups."
            : null;
    }

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        long parts = context.Parts.Count;
        return LeaveOutModels.Estimate(context, _options.Subsets)
            + new MemoryEstimate(("regression", (parts * parts + _options.Subsets * parts) * sizeof(double)));
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int parts = context.Parts.Count;
        IReadOnlyList<int[]> removed = Draw(context);
        IReadOnlyList<float[]> logits = LeaveOutModels.Retrained(context, removed);
        double[][] columns = Centred(removed, parts);
        var effects = new double[context.Objectives.Count * parts];
        for (int o = 0; o < context.Objectives.Count; o++)
        {
            double[] outcomes = [.. Enumerable.Range(0, removed.Count)
                .Select(s => context.Objectives[o].Evaluate(logits[s], context.Test.Labels))];
            double mean = outcomes.Average();
            double[] response = Array.ConvertAll(outcomes, value => value - mean);
            (_options.Penalty == "ridge" ? Ridge(columns, response) : Lasso(columns, response)).CopyTo(effects, o * parts);
        }

        return context.ToMatrix(effects);
    }

    private IReadOnlyList<int[]> Draw(MethodContext context)
    {
        if (Fault(context.Parts.Count) is string fault)
            throw new MethodRequestException(fault);
        return RandomSubsets.Draw(context.Parts.Count, RandomSubsets.Half, _options.Subsets, context.Seed, SubsetUse.Datamodel);
    }

    /// <summary>[G][S]: whether each part was there, less the mean.</summary>
    private static double[][] Centred(IReadOnlyList<int[]> removed, int parts)
    {
        double[][] columns = [.. Enumerable.Range(0, parts).Select(_ => Enumerable.Repeat(1.0, removed.Count).ToArray())];
        for (int s = 0; s < removed.Count; s++)
        {
            foreach (int part in removed[s])
                columns[part][s] = 0;
        }

        foreach (double[] column in columns)
        {
            double mean = column.Average();
            for (int s = 0; s < column.Length; s++)
                column[s] -= mean;
        }

        return columns;
    }

    private double[] Ridge(double[][] columns, double[] response)
    {
        double[][] normal = [.. columns.Select((a, i) => columns.Take(i + 1).Select(b => Dot(a, b)).ToArray())];
        double ridge = _options.Strength * normal.Average(row => row[^1]);
        foreach (double[] row in normal)
            row[^1] += ridge;
        double[] weights = [.. columns.Select(column => Dot(column, response))];
        new CholeskySolver(normal).Solve(weights);
        return weights;
    }

    private double[] Lasso(double[][] columns, double[] response)
    {
        var weights = new double[columns.Length];
        double[] rest = [.. response];
        double[] squares = [.. columns.Select(column => Dot(column, column))];
        double ridge = FreeDirectionRidge * squares.Average(),
            bound = _options.Strength * columns.Max(column => Math.Abs(Dot(column, response)));
        for (int sweep = 0; sweep < Sweeps; sweep++)
        {
            double moved = 0, largest = 0;
            for (int g = 0; g < columns.Length; g++)
            {
                if (squares[g] == 0)
                    continue;
                double pull = Dot(columns[g], rest) + squares[g] * weights[g];
                double weight = Math.Sign(pull) * Math.Max(0, Math.Abs(pull) - bound) / (squares[g] + ridge), step = weight - weights[g];
                for (int s = 0; s < rest.Length && step != 0; s++)
                    rest[s] -= step * columns[g][s];
                weights[g] = weight;
                (moved, largest) = (Math.Max(moved, Math.Abs(step)), Math.Max(largest, Math.Abs(weight)));
            }

            if (moved <= Still * largest)
                break;
        }

        return weights;
    }

    private static double Dot(double[] a, double[] b) => System.Numerics.Tensors.TensorPrimitives.Dot<double>(a, b);
}
