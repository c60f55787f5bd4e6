namespace DdmNative.Runs.Stages;

/// <summary>A test image that a model gets wrong.</summary>
/// <param name="Sample">Its position in the test set in use.</param>
/// <param name="Label">Its class in the data.</param>
/// <param name="Predicted">The class of the largest logit.</param>
/// <param name="Probability">The predicted class's probability.</param>
internal sealed record WrongPrediction(int Sample, int Label, int Predicted, double Probability);

/// <summary>Chooses misclassified images that are worth looking at: confident mistakes of different kinds.</summary>
internal static class WrongPredictions
{
    /// <summary>
    /// At most so many misclassified images, the most confident first. If there are more, each pair of label and predicted class gives its
    /// most confident one in turn, until there are enough.
    /// </summary>
    /// <param name="logits">[M, K].</param>
    /// <param name="labels">[M].</param>
    /// <param name="most">The largest number.</param>
    public static WrongPrediction[] Choose(float[] logits, int[] labels, int most)
        => [.. All(logits, labels).GroupBy(wrong => (wrong.Label, wrong.Predicted))
            .SelectMany(pair => pair.OrderByDescending(wrong => wrong.Probability).ThenBy(wrong => wrong.Sample)
                .Select((wrong, turn) => (Wrong: wrong, Turn: turn)))
            .OrderBy(entry => entry.Turn).ThenByDescending(entry => entry.Wrong.Probability).ThenBy(entry => entry.Wrong.Sample)
            .Take(most).Select(entry => entry.Wrong)
            .OrderByDescending(wrong => wrong.Probability).ThenBy(wrong => wrong.Sample)];

    private static IEnumerable<WrongPrediction> All(float[] logits, int[] labels)
    {
        int classes = logits.Length / labels.Length;
        for (int n = 0; n < labels.Length; n++)
        {
            (int predicted, double probability) = Prediction.Of(logits.AsSpan(n * classes, classes));
            if (predicted != labels[n])
                yield return new WrongPrediction(n, labels[n], predicted, probability);
        }
    }
}
