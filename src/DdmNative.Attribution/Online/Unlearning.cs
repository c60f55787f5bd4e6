namespace DdmNative.Attribution.Online;

/// <summary>Removes chosen groups together from the target, by any online mode.</summary>
public static class Unlearning
{
    /// <summary>
    /// θ_T + (θ_perturbed − θ_control) [P]: the target moved by what the removal changes. Modes whose control drifts away from the target (a replay ends elsewhere than the real training did) are
    /// thereby corrected for the drift; where the control is θ_T this is the perturbed model itself.
    /// </summary>
    /// <exception cref="ArgumentException">There is nothing to remove, or nothing would remain.</exception>
    public static float[] Remove(IOnlineMode mode, OnlineContext context, IReadOnlyCollection<int> groups)
    {
        ArgumentNullException.ThrowIfNull(mode);
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(groups);
        int[] distinct = [.. groups.Distinct().Order()];
        if (distinct.Length == 0 || distinct.Length == context.GroupSizes.Count)
            throw new ArgumentException($"{distinct.Length} of {context.GroupSizes.Count} groups cannot be unlearned; name at least one and leave at least one.", nameof(groups));
        return Move(context.Target, mode.Run(context with { Removals = [distinct] }));
    }

    /// <summary>The same of a removal's model that a mode has run already.</summary>
    /// <param name="target">θ_T [P].</param>
    /// <param name="models">One removal's.</param>
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
