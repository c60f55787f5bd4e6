using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Online;

/// <summary>
/// The result of an online mode: W[o, g] = F_o(<see cref="Control"/>) − F_o(model g), with minus without; for a loss, negative means that
/// the group helps.
/// </summary>
/// <param name="Removals">The groups that each of the R models leaves out.</param>
/// <param name="Parameters">[R, P].</param>
/// <param name="Control">[P]: the same steps with nothing removed; θ_T if they change nothing.</param>
public sealed record PerturbedModels(IReadOnlyList<int[]> Removals, float[] Parameters, float[] Control)
{
    /// <summary>One model's parameters [P].</summary>
    public ReadOnlySpan<float> this[int removal] => Parameters.AsSpan(removal * Control.Length, Control.Length);

    /// <summary>
    /// Computes the logits of the control and of every model on the evaluation samples, for any objective (<see
    /// cref="AttributionMatrix.From"/>).
    /// </summary>
    public CounterfactualLogits Evaluate(ModelEvaluator evaluator)
    {
        ArgumentNullException.ThrowIfNull(evaluator);
        float[] reference = evaluator.Logits(Control, 1);
        return new CounterfactualLogits(Removals, evaluator.Samples, reference.Length / evaluator.Samples, reference,
            evaluator.Logits(Parameters, Removals.Count));
    }

    /// <summary>Splits an ensemble [R + 1, P] whose last member is the control.</summary>
    internal static PerturbedModels FromEnsemble(IReadOnlyList<int[]> removals, float[] ensemble)
    {
        int length = ensemble.Length / (removals.Count + 1);
        return new PerturbedModels(removals, ensemble[..(removals.Count * length)], ensemble[(removals.Count * length)..]);
    }
}
