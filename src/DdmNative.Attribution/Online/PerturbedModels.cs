namespace DdmNative.Attribution.Online;

/// <summary>What an online mode hands to the objectives: W[o, g] = F_o(<see cref="Control"/>) − F_o(model g), with minus without; for a loss, negative means the group helps.</summary>
/// <param name="Removals">The groups each model lacks, R of them.</param>
/// <param name="Parameters">[R, P].</param>
/// <param name="Control">[P]: the same treatment with nothing removed; θ_T where that changes nothing.</param>
public sealed record PerturbedModels(IReadOnlyList<int[]> Removals, float[] Parameters, float[] Control)
{
    /// <summary>One model's parameters [P].</summary>
    public ReadOnlySpan<float> this[int removal] => Parameters.AsSpan(removal * Control.Length, Control.Length);

    /// <summary>The effects W [O, R] of having what was removed, from objectives of the control [O] and of the models [R, O].</summary>
    /// <exception cref="ArgumentException">The lengths disagree.</exception>
    public static double[,] Effects(ReadOnlySpan<double> control, double[,] models)
    {
        ArgumentNullException.ThrowIfNull(models);
        if (models.GetLength(1) != control.Length)
            throw new ArgumentException($"The models have {models.GetLength(1)} objectives, the control {control.Length}.", nameof(models));
        var effects = new double[control.Length, models.GetLength(0)];
        for (int o = 0; o < control.Length; o++)
        {
            for (int removal = 0; removal < models.GetLength(0); removal++)
                effects[o, removal] = control[o] - models[removal, o];
        }
        return effects;
    }

    /// <summary>Splits an ensemble [R + 1, P] whose last member is the control.</summary>
    internal static PerturbedModels FromEnsemble(IReadOnlyList<int[]> removals, float[] ensemble)
    {
        int length = ensemble.Length / (removals.Count + 1);
        return new PerturbedModels(removals, ensemble[..(removals.Count * length)], ensemble[(removals.Count * length)..]);
    }
}
