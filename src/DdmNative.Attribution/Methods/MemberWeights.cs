using System.Numerics.Tensors;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// Weights of several methods' predictions, fitted on models that were trained on random subsets: y_os ≈ b_o + c_o·Σ_k w_k·z_kos, with y
/// the measured objective o of model s, z the prediction of method k in units of its own spread over random subsets, and c_o the spread of
/// y_o. All objectives share the weights, w ≥ 0: one model gives as many equations as there are objectives, so that a few models are
/// enough. Least squares with equal weight for every objective.
/// </summary>
/// <param name="predictions">[K][O][M]: z.</param>
/// <param name="outcomes">[O][M]: y.</param>
internal sealed class MemberWeights(double[][][] predictions, double[][] outcomes)
{
    private const int Sweeps = 1000;
    private const double Still = 1e-12;

    private readonly int _models = outcomes[0].Length;

    /// <summary>[K]: w. All zero if no prediction goes with an outcome.</summary>
    /// <param name="without">A model that is left out of the fit; null for none.</param>
    public double[] Fit(int? without = null)
    {
        int[] models = Models(without);
        int members = predictions.Length;
        var normal = new double[members, members];
        var right = new double[members];
        var columns = new double[members][];
        for (int o = 0; o < outcomes.Length; o++)
        {
            double[] response = Centred(outcomes[o], models);
            double spread = Spread(response);
            if (spread == 0)
                continue;
            for (int k = 0; k < members; k++)
            {
                columns[k] = Centred(predictions[k][o], models);
                right[k] += Dot(columns[k], response) / spread;
                for (int l = 0; l <= k; l++)
                    normal[k, l] = normal[l, k] += Dot(columns[k], columns[l]);
            }
        }

        return NonNegative(normal, right);
    }

    /// <summary>[M]: Σ_k w_k·z_kos of one objective, for all models.</summary>
    public double[] Combine(double[] weights, int objective)
    {
        var sum = new double[_models];
        for (int k = 0; k < weights.Length; k++)
            TensorPrimitives.MultiplyAdd(predictions[k][objective], weights[k], sum, sum);
        return sum;
    }

    /// <summary>[M]: all models but one, ascending.</summary>
    public int[] Models(int? without) => [.. Enumerable.Range(0, _models).Where(s => s != without)];

    /// <summary>The values at some models, less their mean.</summary>
    public static double[] Centred(double[] values, int[] models)
    {
        double mean = models.Average(s => values[s]);
        return [.. models.Select(s => values[s] - mean)];
    }

    /// <summary>The standard deviation of values whose mean is zero.</summary>
    public static double Spread(double[] centred) => Math.Sqrt(Dot(centred, centred) / centred.Length);

    /// <summary>The w ≥ 0 that minimises wᵀAw/2 − bᵀw, by cyclic coordinate descent.</summary>
    private static double[] NonNegative(double[,] normal, double[] right)
    {
        var weights = new double[right.Length];
        for (int sweep = 0; sweep < Sweeps; sweep++)
        {
            double moved = 0;
            for (int k = 0; k < weights.Length; k++)
            {
                if (normal[k, k] == 0)
                    continue;
                double rest = right[k];
                for (int l = 0; l < weights.Length; l++)
                    rest -= l == k ? 0 : normal[k, l] * weights[l];
                double weight = Math.Max(0, rest / normal[k, k]);
                moved = Math.Max(moved, Math.Abs(weight - weights[k]));
                weights[k] = weight;
            }

            if (moved <= Still)
                break;
        }

        return weights;
    }

    private static double Dot(double[] a, double[] b) => TensorPrimitives.Dot<double>(a, b);
}
