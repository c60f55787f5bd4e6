namespace DdmNative.Compute.Tests.Reference;

/// <summary>log p = z − logsumexp z in dual numbers; everything else follows from it line by line.</summary>
internal static class ReferenceSoftmaxCrossEntropy
{
    public static DualTensor Probabilities(int members, DualTensor logits)
    {
        DualTensor result = LogProbabilities(members, logits);
        ForEach(result.Value.Shape, (e, n, k) => result[e, n, k] = Dual.Exp(result[e, n, k]));
        return result;
    }

    /// <summary>−Σₖ qₖ log pₖ = σ·logsumexp z − ⟨q, z⟩ for each sample, with its tangent.</summary>
    public static DualTensor Loss(int members, DualTensor logits, DoubleTensor labels)
    {
        DualTensor logProbabilities = LogProbabilities(members, logits);
        TensorShape shape = logProbabilities.Value.Shape;
        var loss = DualTensor.Zeros(new TensorShape(members, shape.Samples, 1));
        ForEach(shape, (e, n, k) => loss[e, n, 0] -= labels[e, n, k] * logProbabilities[e, n, k]);
        return loss;
    }

    /// <summary>w(σp − q), with its tangent.</summary>
    public static DualTensor Backward(int members, DualTensor logits, DoubleTensor labels, DoubleTensor weights)
    {
        DualTensor probabilities = Probabilities(members, logits);
        TensorShape shape = probabilities.Value.Shape;
        var result = DualTensor.Zeros(shape);
        ForEach(shape, (e, n, k) =>
        {
            double sum = 0;
            for (int j = 0; j < shape.Channels; j++)
                sum += labels[e, n, j];
            result[e, n, k] = weights[e, n, 0] * (sum * probabilities[e, n, k] - labels[e, n, k]);
        });
        return result;
    }

    /// <summary>∂(weighted loss)/∂q = −w log p; what a learned label needs is the tangent of that along ż.</summary>
    public static DoubleTensor LabelCotangent(int members, DoubleTensor logits, DoubleTensor logitsTangent, DoubleTensor weights)
    {
        DualTensor logProbabilities = LogProbabilities(members, new DualTensor(logits, logitsTangent));
        var result = new DoubleTensor(logProbabilities.Value.Shape);
        ForEach(result.Shape, (e, n, k) => result[e, n, k] = -weights[e, n, 0] * logProbabilities[e, n, k].Tangent);
        return result;
    }

    private static DualTensor LogProbabilities(int members, DualTensor logits)
    {
        TensorShape shape = logits.Value.Shape.WithMembers(members);
        var result = DualTensor.Zeros(shape);
        for (int e = 0; e < members; e++)
            for (int n = 0; n < shape.Samples; n++)
            {
                double largest = double.NegativeInfinity;
                for (int k = 0; k < shape.Channels; k++)
                    largest = Math.Max(largest, logits[e, n, k].Value);
                Dual sum = 0;
                for (int k = 0; k < shape.Channels; k++)
                    sum += Dual.Exp(logits[e, n, k] - largest);
                for (int k = 0; k < shape.Channels; k++)
                    result[e, n, k] = logits[e, n, k] - largest - Dual.Log(sum);
            }
        return result;
    }

    private static void ForEach(TensorShape shape, Action<int, int, int> visit)
    {
        for (int e = 0; e < shape.Members; e++)
            for (int n = 0; n < shape.Samples; n++)
                for (int k = 0; k < shape.Channels; k++)
                    visit(e, n, k);
    }
}
