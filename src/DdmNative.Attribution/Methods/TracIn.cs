using System.Globalization;
using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `tracin` (Pruthi et al., NeurIPS 2020, TracInCP): W[o, g] = −Σ_i s_i·⟨∇F_o(θ_i), Σ_{n∈g} ∇L(x_n; θ_i)⟩/N over recorded checkpoints, each
/// standing for the steps since the one before; s_i is how far the schedule moves in them (<see cref="ScheduleLength"/>, momentum
/// included). Unit: the objective's, to first order. Cost: a gradient of both sets for each checkpoint.
/// </summary>
/// <param name="checkpoints">Checkpoints at equal distances; fewer where fewer were recorded. The untrained network's large gradients are
/// left out.</param>
public sealed class TracIn(int checkpoints = 8) : IAttributionMethod
{
    public object Options => new { checkpoints };

    /// <summary>From <c>checkpoints</c>.</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static TracIn From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new TracIn(settings.Whole("checkpoints", 8, 1, 100_000));
    }

    public bool NeedsTraining => true;

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ObjectiveGradients.Estimate(context) + GradientProducts.Estimate(context, context.Objectives.Count);
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Checkpoint[] chosen = Chosen(context.RequireTrajectory("tracin"));
        using var objectives = new ObjectiveGradients(context);
        using var products = new GradientProducts(context, context.Objectives.Count);
        var effects = new double[context.Objectives.Count * context.Parts.Count];
        int before = 0;
        for (int i = 0; i < chosen.Length; i++)
        {
            Checkpoint checkpoint = chosen[i];
            double[] values = context.Pieces.Once(string.Create(CultureInfo.InvariantCulture, $"checkpoint-{checkpoint.Step:D6}"),
                () => products.At(checkpoint.Parameters, objectives.At(checkpoint.Parameters)));
            double scale = ScheduleLength.Between(context.Recipe, context.Recipe.TotalSteps(context.Train.Count), before, checkpoint.Step);
            for (int j = 0; j < effects.Length; j++)
                effects[j] -= scale * values[j];
            before = checkpoint.Step;
            context.OnProgress?.Invoke(i + 1, chosen.Length, "checkpoints");
        }

        return context.ToMatrix(effects);
    }

    private Checkpoint[] Chosen(Trajectory trajectory)
        => [.. Enumerable.Range(1, checkpoints).Select(i => trajectory.Nearest((double)i / checkpoints))
            .Where(checkpoint => checkpoint.Step > 0).DistinctBy(checkpoint => checkpoint.Step)];
}
