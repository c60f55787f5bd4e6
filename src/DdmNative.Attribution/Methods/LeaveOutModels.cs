using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>Models trained without sets of parts, in waves along the ensemble axis, for the methods that train.</summary>
internal static class LeaveOutModels
{
    /// <summary>Models trained together: what a killed job loses at most.</summary>
    public const int Wave = 8;

    /// <summary>The memory that so many models take.</summary>
    public static MemoryEstimate Estimate(MethodContext context, int models)
    {
        int wave = Math.Min(context.Bounded(Wave), models + 1);
        return new MemoryEstimate(
            ("models", MemoryEstimate.Vectors(context.Network, 3L * wave)),
            ("passes", MemoryEstimate.Pass(context.Network, wave, context.Recipe.BatchSize)),
            ("logits", (models + 1L) * context.Test.Count * context.Network.Classes * sizeof(float)));
    }

    /// <summary>[models][M·K]: the logits of the recipe's model without each set of parts, on the evaluation samples.</summary>
    public static IReadOnlyList<float[]> Retrained(MethodContext context, IReadOnlyList<int[]> removed)
        => context.Retraining.Logits(SubsetModel.Each([context.Recipe.Seed], removed), context.Bounded(Wave),
            (done, total) => context.OnProgress?.Invoke(done, total, "models"), context.Cancellation);

    /// <summary>[O][models]: the request's objectives of models, from their logits [models][M·K].</summary>
    public static double[][] Outcomes(MethodContext context, IReadOnlyList<float[]> logits)
        => [.. context.Objectives.Select(objective => logits.Select(model => objective.Evaluate(model, context.Test.Labels)).ToArray())];

    /// <summary>
    /// Logits of the reference and of a model without each set of parts, from another start or by another recipe than the target's.
    /// </summary>
    public static CounterfactualLogits Train(MethodContext context, TrainingOptions recipe, float[] initial, IReadOnlyList<int[]> leftOut)
    {
        long steps = recipe.TotalSteps(context.Train.Count);
        var training = new LeaveOutTraining(context.Device, context.Network, context.TrainSet, context.Parts.GroupOf, context.Evaluator);
        return training.Run(recipe, initial, leftOut, new WaveOptions
        {
            Wave = context.Bounded(Wave),
            Pieces = context.Pieces,
            OnProgress = (done, total) => context.OnProgress?.Invoke((double)done / steps, (double)total / steps, "models"),
        }, context.Cancellation);
    }
}
