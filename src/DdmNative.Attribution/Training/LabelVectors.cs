namespace DdmNative.Attribution.Training;

/// <summary>
/// The label vectors of the training loss: q = (1 − ε)·onehot + ε/K (Szegedy et al., CVPR 2016), as in PyTorch's CrossEntropyLoss with
/// label_smoothing = ε. Objectives on test samples use the labels themselves.
/// </summary>
internal static class LabelVectors
{
    /// <summary>Fills in the vector [K] of one label in 0 … K − 1.</summary>
    public static void Fill(int label, float smoothing, Span<float> vector)
    {
        double others = (double)smoothing / vector.Length;
        vector.Fill((float)others);
        vector[label] = (float)(1.0 - smoothing + others);
    }
}
