namespace DdmNative.Attribution.Training;

/// <summary>
/// The label vectors of the training loss: q = (1 − ε)·onehot + ε/K (Szegedy et al., CVPR 2016), as in PyTorch's CrossEntropyLoss with
/// label_smoothing = ε. Objectives on test samples use the labels themselves.
/// </summary>
internal static class LabelVectors
{
    /// <summary>[N, K] for labels [N], each in 0 … K − 1.</summary>
    public static float[] Create(ReadOnlySpan<int> labels, int classes, float smoothing)
    {
        var vectors = new float[labels.Length * classes];
        for (int n = 0; n < labels.Length; n++)
            Fill(labels[n], smoothing, vectors.AsSpan(n * classes, classes));
        return vectors;
    }

    /// <summary>Fills in the vector [K] of one label.</summary>
    public static void Fill(int label, float smoothing, Span<float> vector)
    {
        double others = (double)smoothing / vector.Length;
        vector.Fill((float)others);
        vector[label] = (float)(1.0 - smoothing + others);
    }
}
