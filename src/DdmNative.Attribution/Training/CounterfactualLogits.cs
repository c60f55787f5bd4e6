namespace DdmNative.Attribution.Training;

/// <summary>
/// Logits on the evaluation samples of models trained with and without parts of their training data. Logits are stored rather than
/// objectives, so that any objective can be computed later without retraining.
/// </summary>
/// <param name="LeftOut">For each counterfactual model, the groups that it leaves out; usually one each.</param>
/// <param name="Samples">M: evaluation samples.</param>
/// <param name="Classes">K.</param>
/// <param name="Reference">[M, K]: logits of the model with all groups, trained in the same way (the control).</param>
/// <param name="Without">[number of models, M, K]: logits of the models without the groups.</param>
public sealed record CounterfactualLogits(IReadOnlyList<int[]> LeftOut, int Samples, int Classes, float[] Reference, float[] Without)
{
    /// <summary>Combines the logits [M·K] of the reference and of each model without groups.</summary>
    /// <exception cref="ArgumentException">The number of models is not one more than the number of left-out sets.</exception>
    public static CounterfactualLogits Of(IReadOnlyList<int[]> leftOut, int samples, int classes, IReadOnlyList<float[]> models)
    {
        ArgumentNullException.ThrowIfNull(leftOut);
        ArgumentNullException.ThrowIfNull(models);
        if (models.Count != leftOut.Count + 1)
            throw new ArgumentException($"{models.Count} models are not a reference and {leftOut.Count} without.", nameof(models));
        var without = new float[leftOut.Count * models[0].Length];
        for (int i = 0; i < leftOut.Count; i++)
            models[i + 1].CopyTo(without, i * models[0].Length);
        return new CounterfactualLogits(leftOut, samples, classes, models[0], without);
    }

    /// <summary>The number of counterfactual models.</summary>
    public int Count => LeftOut.Count;

    /// <summary>[M, K]: logits of one counterfactual model.</summary>
    public ReadOnlySpan<float> Model(int index) => Without.AsSpan(index * Samples * Classes, Samples * Classes);

    /// <summary>Each of <paramref name="groups"/> groups left out alone.</summary>
    public static IReadOnlyList<int[]> EachGroup(int groups) => [.. Enumerable.Range(0, groups).Select(g => new[] { g })];
}
