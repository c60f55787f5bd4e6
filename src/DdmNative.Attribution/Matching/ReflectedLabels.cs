namespace DdmNative.Attribution.Matching;

/// <summary>
/// q = 2·p − y: the label vector whose gradient is exactly the negative of that with label y, because the logits' cotangent turns from
/// p − y into σp − q = p − 2p + y = y − p (Σq = 1). On a forward-matched synset it makes descent forget what its group taught.
/// </summary>
public static class ReflectedLabels
{
    /// <summary>[G·m, K] from the target's probabilities and the labels to reflect, both [G·m, K].</summary>
    /// <exception cref="ArgumentException">The lengths disagree.</exception>
    public static float[] Of(ReadOnlySpan<float> probabilities, ReadOnlySpan<float> labels)
    {
        if (probabilities.Length != labels.Length)
            throw new ArgumentException($"{probabilities.Length} probabilities cannot reflect {labels.Length} label values.",
                nameof(labels));
        var reflected = new float[labels.Length];
        for (int i = 0; i < reflected.Length; i++)
            reflected[i] = 2 * probabilities[i] - labels[i];
        return reflected;
    }
}
