using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `grad-cos` (Charpiat et al., NeurIPS 2019): W[o, g] = −cos(∇F_o(θ_T), Σ_{n∈g} ∇L(x_n; θ_T)). A part whose gradient descends the
/// objective has a negative effect on it. No unit: sizes are divided out, so that a loud sample counts no more than a quiet one. A gradient
/// of zero gives 0.
/// </summary>
public sealed class GradCos : IAttributionMethod
{
    public object Options => new { };

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ObjectiveGradients.Estimate(context) + GradientProducts.Estimate(context, context.Objectives.Count, norms: true);
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var objectives = new ObjectiveGradients(context);
        using var products = new GradientProducts(context, context.Objectives.Count, norms: true);
        float[] directions = objectives.At(context.Target);
        double[] values = products.At(context.Target, directions, done => context.OnProgress?.Invoke(done, context.Train.Count, "samples"));
        int parts = context.Parts.Count, length = context.Network.ParameterCount;
        for (int o = 0; o < context.Objectives.Count; o++)
        {
            double norm = 0;
            foreach (float value in directions.AsSpan(o * length, length))
                norm += (double)value * value;
            for (int g = 0; g < parts; g++)
            {
                double sizes = Math.Sqrt(norm * products.SquaredNorms[g]);
                values[o * parts + g] = sizes > 0 ? -values[o * parts + g] / sizes : 0;
            }
        }

        return context.ToMatrix(values);
    }
}
