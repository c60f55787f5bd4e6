namespace DdmNative.Attribution.Online;

/// <summary>Removes chosen groups together from the target, with any online mode.</summary>
public static class Unlearning
{
    /// <summary>
    /// θ_T + (θ_perturbed − θ_control) [P]: the target plus the change by the removal. This corrects modes whose control drifts from the
    /// target (a replay does not end where the real training did); if the control is θ_T, the result is the perturbed model itself.
    /// </summary>
    /// <exception cref="ArgumentException">There is nothing to remove, or nothing would remain.</exception>
    public static float[] Remove(IOnlineMode mode, OnlineContext context, IReadOnlyCollection<int> groups)
    {
        ArgumentNullException.ThrowIfNull(mode);
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(groups);
        int[] distinct = [.. groups.Distinct().Order()];
        if (distinct.Length == 0 || distinct.Length == context.GroupSizes.Count)
            throw new ArgumentException(
                $"{distinct.Length} of {context.GroupSizes.Count} groups cannot be unlearned; remove at least one and keep at least one.",
                nameof(groups));
        return Move(context.Target, mode.Run(context with { Removals = [distinct] }));
    }

    /// <summary>The same for a removal's model that a mode has already computed.</summary>
    /// <param name="target">θ_T [P].</param>
    /// <param name="models">The models of one removal.</param>
    public static float[] Move(float[] target, PerturbedModels models)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(models);
        if (models.Control.AsSpan().SequenceEqual(target))
            return models.Parameters;
        var unlearned = new float[target.Length];
        for (int p = 0; p < unlearned.Length; p++)
            unlearned[p] = target[p] + (models.Parameters[p] - models.Control[p]);
        return unlearned;
    }
}
