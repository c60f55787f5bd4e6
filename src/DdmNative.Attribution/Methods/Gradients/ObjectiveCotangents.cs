using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods.Gradients;

/// <summary>
/// ∂f/∂z of an objective on one sample, by its logits z and its label y. Accuracy is piecewise constant and has no gradient.
/// </summary>
internal static class ObjectiveCotangents
{
    /// <summary>Rejects objectives without a gradient, for a method that needs it.</summary>
    /// <exception cref="MethodRequestException">One of them is an accuracy.</exception>
    public static void Require(IReadOnlyList<Objective> objectives)
    {
        if (objectives.FirstOrDefault(objective => !objective.HasGradient) is Objective flat)
            throw new MethodRequestException(
                $"Objective '{flat.Name}' is constant almost everywhere and has no gradient, which this method needs; use loss, margin or "
                + $"logit instead.");
    }

    /// <summary>
    /// Fills ∂f/∂z [K] times <paramref name="weight"/>: p − onehot for the loss, onehot for the logit, onehot − onehot(best other) for the
    /// margin.
    /// </summary>
    /// <exception cref="MethodRequestException">The kind has no gradient.</exception>
    public static void Fill(ObjectiveKind kind, ReadOnlySpan<float> z, int y, double weight, Span<float> cotangent)
    {
        switch (kind)
        {
            case ObjectiveKind.Loss:
                Softmax(z, weight, cotangent);
                cotangent[y] -= (float)weight;
                break;
            case ObjectiveKind.Logit:
                cotangent.Clear();
                cotangent[y] = (float)weight;
                break;
            case ObjectiveKind.Margin:
                cotangent.Clear();
                cotangent[y] = (float)weight;
                cotangent[BestOther(z, y)] = (float)-weight;
                break;
            default:
                throw new MethodRequestException(
                    "Accuracy is constant almost everywhere and has no gradient; use this method with loss, margin or logit.");
        }
    }

    /// <summary>
    /// Fills ∂L/∂z [K] of the training loss times a weight: p − q, with the label vector q of <see cref="LabelVectors"/>.
    /// </summary>
    public static void FillTrainingLoss(ReadOnlySpan<float> z, int y, float labelSmoothing, double weight, Span<float> cotangent)
    {
        Softmax(z, weight, cotangent);
        Span<float> label = stackalloc float[z.Length];
        LabelVectors.Fill(y, labelSmoothing, label);
        for (int k = 0; k < z.Length; k++)
            cotangent[k] -= (float)(weight * label[k]);
    }

    /// <summary>
    /// ∂/∂z of log p_y/(1 − p_y) [K] times a weight: onehot − softmax over the other classes (TRAK's model output function).
    /// </summary>
    public static void FillLogOdds(ReadOnlySpan<float> z, int y, double weight, Span<float> cotangent)
    {
        double largest = z[BestOther(z, y)], sum = 0;
        for (int k = 0; k < z.Length; k++)
            sum += k == y ? 0 : Math.Exp(z[k] - largest);
        for (int k = 0; k < z.Length; k++)
            cotangent[k] = (float)(k == y ? weight : -weight * Math.Exp(z[k] - largest) / sum);
    }

    private static void Softmax(ReadOnlySpan<float> z, double weight, Span<float> p)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (float value in z)
            largest = Math.Max(largest, value);
        foreach (float value in z)
            sum += Math.Exp(value - largest);
        for (int k = 0; k < z.Length; k++)
            p[k] = (float)(weight * Math.Exp(z[k] - largest) / sum);
    }

    /// <summary>The first of the largest logits except that of y.</summary>
    private static int BestOther(ReadOnlySpan<float> z, int y)
    {
        int best = y == 0 ? 1 : 0;
        for (int k = best + 1; k < z.Length; k++)
        {
            if (k != y && z[k] > z[best])
                best = k;
        }

        return best;
    }
}
