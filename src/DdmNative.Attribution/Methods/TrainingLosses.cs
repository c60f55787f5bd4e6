using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// Σ_{n∈g} L(x_n; θ_e)/N of every part g under several models, L being the training loss with its label smoothing: forward passes over the
/// training set alone.
/// </summary>
internal sealed class TrainingLosses(MethodContext context) : IDisposable
{
    private const int Wave = 8;

    private static readonly Objective Loss = new(ObjectiveKind.Loss);

    private readonly ModelEvaluator _evaluator = new(context.Device, context.Network, context.Train,
        context.Bounded(Wave));

    /// <summary>The memory that so many models' logits take.</summary>
    public static MemoryEstimate Estimate(MethodContext context, int models)
        => new(("training losses", (long)models * context.Parts.Count * sizeof(double)),
            ("passes", MemoryEstimate.Pass(context.Network, context.Bounded(Wave), Math.Min(256, context.Train.Count)) / 2));

    /// <summary>[E, G] for parameters [E, P].</summary>
    public double[] Of(ReadOnlySpan<float> parameters, int models)
    {
        int parts = context.Parts.Count, count = context.Train.Count;
        var losses = new double[models * parts];
        _evaluator.Visit(parameters, models, (e, n, logits)
            => losses[e * parts + context.Parts.GroupOf[n]] += LossOf(logits, context.Train.Labels[n]) / count);
        return losses;
    }

    public void Dispose() => _evaluator.Dispose();

    /// <summary>
    /// −Σ_k q_k log p_k = −log p_y + ε(z_y − mean z), because the label vector takes ε from the label and gives ε/K to all.
    /// </summary>
    private double LossOf(ReadOnlySpan<float> z, int label)
    {
        double loss = Loss.Evaluate(z, [label]), smoothing = context.Recipe.LabelSmoothing;
        if (smoothing == 0)
            return loss;
        double sum = 0;
        foreach (float value in z)
            sum += value;
        return loss + smoothing * (z[label] - sum / z.Length);
    }
}
