namespace DdmNative.Attribution.Training;

/// <summary>
/// What models with and without parts of their training data say about the evaluation samples. Logits are kept rather than objectives, so that
/// any objective can be asked for later without training again.
/// </summary>
/// <param name="LeftOut">For each counterfactual model, the groups it was trained (or approximated) without; usually one each.</param>
/// <param name="Samples">M: evaluation samples.</param>
/// <param name="Classes">K.</param>
/// <param name="Reference">[M, K]: logits of the model with everything, trained the same way (the control).</param>
/// <param name="Without">[number of models, M, K]: logits of the models without.</param>
public sealed record CounterfactualLogits(IReadOnlyList<int[]> LeftOut, int Samples, int Classes, float[] Reference, float[] Without)
{
    /// <summary>How many counterfactual models there are.</summary>
    public int Count => LeftOut.Count;

    /// <summary>[M, K]: logits of one counterfactual model.</summary>
    public ReadOnlySpan<float> Model(int index) => Without.AsSpan(index * Samples * Classes, Samples * Classes);

    /// <summary>Each of <paramref name="groups"/> groups left out alone.</summary>
    public static IReadOnlyList<int[]> EachGroup(int groups) => [.. Enumerable.Range(0, groups).Select(g => new[] { g })];
}
