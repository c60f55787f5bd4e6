using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `mirrored-influence` (forward-INF: Ko et al., "The mirrored influence hypothesis", CVPR 2024): the roles are turned round. One step up
/// each objective, θ_o = θ_T + ε∇F_o(θ_T), then forward passes over the training samples alone: W[o, g] = −s/ε·Σ_{n∈g}(L(x_n; θ_o) − L(x_n;
/// θ_T))/N with s of <see cref="ScheduleLength"/>, which is `grad-dot` for a step of no length and knows the losses' curvature along the
/// step otherwise. Unit: the objective's. Cost: O + 1 forward passes over the training set, and no gradient of any training sample.
/// </summary>
/// <param name="step">How far a step goes, ‖θ_o − θ_T‖ as a share of ‖θ_T‖.</param>
public sealed class MirroredInfluence(double step = 0.01) : IAttributionMethod
{
    public object Options => new { step };

    /// <summary>From <c>step</c>.</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static MirroredInfluence From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new MirroredInfluence(settings.Real("step", 0.01, 0, 10));
    }

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ObjectiveGradients.Estimate(context) + TrainingLosses.Estimate(context, context.Objectives.Count + 1);
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int parts = context.Parts.Count, length = context.Network.ParameterCount, count = context.Objectives.Count;
        float[] models;
        using (var objectives = new ObjectiveGradients(context))
            models = objectives.At(context.Target);
        double scale = ScheduleLength.Total(context.Recipe, context.Recipe.TotalSteps(context.Train.Count)), size = Norm(context.Target);
        var steps = new double[count];
        for (int o = 0; o < count; o++)
        {
            Span<float> model = models.AsSpan(o * length, length);
            double norm = Norm(model);
            steps[o] = norm > 0 ? step * size / norm : 0;
            for (int p = 0; p < length; p++)
                model[p] = (float)(context.Target[p] + steps[o] * model[p]);
        }

        using var losses = new TrainingLosses(context);
        double[] before = losses.Of(context.Target, 1), after = losses.Of(models, count);
        for (int i = 0; i < after.Length; i++)
            after[i] = steps[i / parts] > 0 ? -scale / steps[i / parts] * (after[i] - before[i % parts]) : 0;
        return context.ToMatrix(after);
    }

    private static double Norm(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
            sum += (double)value * value;
        return Math.Sqrt(sum);
    }
}
