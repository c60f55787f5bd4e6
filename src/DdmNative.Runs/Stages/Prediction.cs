namespace DdmNative.Runs.Stages;

/// <summary>What a model says of one image.</summary>
internal static class Prediction
{
    /// <summary>The class of the largest logit, the first of several, and its probability by softmax in float64.</summary>
    public static (int Class, double Probability) Of(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int k = 1; k < logits.Length; k++)
        {
            if (logits[k] > logits[best])
                best = k;
        }

        double sum = 0;
        foreach (float value in logits)
            sum += Math.Exp((double)value - logits[best]);
        return (best, 1 / sum);
    }
}
