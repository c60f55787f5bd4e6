using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Objectives;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `ekfac` (Grosse et al., "Studying large language model generalization with influence functions", 2023): influence with the Fisher matrix in Kronecker-factored eigenbases in place of the curvature,
/// W[o, g] = −⟨(F + λI)⁻¹∇F_o(θ_T), Σ_{n∈g} ∇L(x_n; θ_T)⟩/N, λ being a share of the mean of all eigenvalues. Unit: the objective's. Cost: two passes over the training set with gradients of single samples and
/// eigenvectors of every layer's sides, once, whatever O; memory: the squares of the layers' sides.
/// </summary>
/// <param name="damping">λ over the mean of F's eigenvalues.</param>
public sealed class Ekfac(double damping = 0.1) : IAttributionMethod
{
    private const uint Stream = 0x454B4641;
    private const int Wave = 32;

    public object Options => new { damping };

    /// <summary>From <c>damping</c>.</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static Ekfac From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new Ekfac(settings.Real("damping", 0.1, 0, 1e6));
    }

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ObjectiveGradients.Estimate(context) + KroneckerFactors.Estimate(context, context.Bounded(Wave)) + GradientProducts.Estimate(context, context.Objectives.Count);
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int length = context.Network.ParameterCount;
        float[] directions;
        using (var objectives = new ObjectiveGradients(context))
            directions = objectives.At(context.Target);
        double[] solved = context.Pieces.Once("solutions", () =>
        {
            var factors = KroneckerFactors.Compute(context, DrawLabels(context), context.Bounded(Wave));
            double lambda = damping * factors.Eigenvalues.Average();
            for (int o = 0; o < context.Objectives.Count; o++)
                factors.Solve(directions.AsSpan(o * length, length), lambda);
            return Array.ConvertAll(directions, value => (double)value);
        });
        using var products = new GradientProducts(context, context.Objectives.Count);
        double[] values = products.At(context.Target, Array.ConvertAll(solved, value => (float)value), done => context.OnProgress?.Invoke(done, context.Train.Count, "samples"));
        return context.ToMatrix([.. values.Select(value => -value)]);
    }

    /// <summary>A label for each training sample from the target's own prediction: the Fisher matrix's expectation, by one draw each.</summary>
    private static int[] DrawLabels(MethodContext context)
    {
        using var evaluator = new ModelEvaluator(context.Device, context.Network, context.Train.Images, context.Train.Count);
        float[] logits = evaluator.Logits(context.Target, 1);
        int classes = context.Network.Classes;
        var labels = new int[context.Train.Count];
        for (int n = 0; n < labels.Length; n++)
        {
            ReadOnlySpan<float> z = logits.AsSpan(n * classes, classes);
            double largest = System.Numerics.Tensors.TensorPrimitives.Max(z), total = 0;
            foreach (float value in z)
                total += Math.Exp(value - largest);
            double left = Philox.Uniform(context.Seed, Stream, (ulong)n) * total;
            while (labels[n] < classes - 1 && (left -= Math.Exp(z[labels[n]] - largest)) >= 0)
                labels[n]++;
        }

        return labels;
    }
}
