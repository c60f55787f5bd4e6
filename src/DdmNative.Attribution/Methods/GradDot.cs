using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `grad-dot` (Charpiat et al., "Input similarity from the neural network perspective", NeurIPS 2019): W[o, g] = −s·⟨∇F_o(θ_T), Σ_{n∈g}
/// ∇L(x_n; θ_T)⟩/N, the first-order effect of all of training's steps on the part as if they were taken at the trained target; s = Σ_t
/// η_t/(1 − μ) is how far the schedule with its momentum moves along a steady gradient. Unit: the objective's. Cost: one gradient of the
/// training and the evaluation set.
/// </summary>
public sealed class GradDot : IAttributionMethod
{
    public object Options => new { };

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ObjectiveGradients.Estimate(context) + GradientProducts.Estimate(context, context.Objectives.Count);
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var objectives = new ObjectiveGradients(context);
        using var products = new GradientProducts(context, context.Objectives.Count);
        double scale = ScheduleLength.Total(context.Recipe, context.Recipe.TotalSteps(context.Train.Count));
        double[] values = products.At(context.Target, objectives.At(context.Target),
            done => context.OnProgress?.Invoke(done, context.Train.Count, "samples"));
        return context.ToMatrix([.. values.Select(value => -scale * value)]);
    }
}
