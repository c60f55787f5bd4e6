namespace DdmNative.Compute.Contracts;

/// <summary>
/// Cross-entropy of logits z with a label vector q, which may be one-hot, soft, or no probability at all; σ = Σq, p = softmax z
/// (docs/mathematics.md, "Softmax cross-entropy"). The loss of a member is Σₙ wₙ(σₙ·logsumexp zₙ − ⟨qₙ, zₙ⟩).
/// </summary>
/// <remarks>
/// z, q [E, N, K, 1, 1]; weights [E, N, 1, 1, 1] (1/N each for the mean; 0 leaves a sample out). Operands are per member or shared; results
/// are assigned. With a label vector that sums to zero the loss is linear, −⟨q, z⟩, with δ = −wq and no curvature.
/// </remarks>
public abstract class SoftmaxCrossEntropy
{
    /// <summary>p = softmax z.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Probabilities(Tensor logits, Tensor probabilities)
    {
        Operands.Require(logits, probabilities.Shape);
        RequireVector(logits);
        ProbabilitiesCore(logits, probabilities);
    }

    /// <summary>loss [E, N, 1, 1, 1]: σ·logsumexp z − ⟨q, z⟩ of each sample, not weighted.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Loss(Tensor logits, Tensor labels, Tensor loss)
    {
        TensorShape shape = logits.Shape.WithMembers(loss.Shape.Members);
        Operands.Require(logits, shape);
        RequireVector(logits);
        Operands.Require(labels, shape);
        Operands.RequireOutput(loss, PerSample(shape));
        LossCore(logits, labels, loss);
    }

    /// <summary>δ = w(σp − q).</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Backward(Tensor logits, Tensor labels, Tensor weights, Tensor cotangent)
    {
        TensorShape shape = cotangent.Shape;
        Operands.Require(logits, shape);
        RequireVector(logits);
        Operands.Require(labels, shape);
        Operands.Require(weights, PerSample(shape));
        BackwardCore(logits, labels, weights, cotangent);
    }

    /// <summary>δ̇ = wσ·p ⊙ (ż − ⟨p, ż⟩).</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void BackwardTangent(Tensor logits, Tensor logitsTangent, Tensor labels, Tensor weights, Tensor cotangentTangent)
    {
        TensorShape shape = cotangentTangent.Shape;
        Operands.Require(logits, shape);
        RequireVector(logits);
        Operands.Require(logitsTangent, shape);
        Operands.Require(labels, shape);
        Operands.Require(weights, PerSample(shape));
        BackwardTangentCore(logits, logitsTangent, labels, weights, cotangentTangent);
    }

    /// <summary>δq = −w(ż − ⟨p, ż⟩): the cotangent of a learned label vector, where ż is the logits' tangent along v = ∂ℳ/∂g.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void LabelCotangent(Tensor logits, Tensor logitsTangent, Tensor weights, Tensor labelCotangent)
    {
        TensorShape shape = labelCotangent.Shape;
        Operands.Require(logits, shape);
        RequireVector(logits);
        Operands.Require(logitsTangent, shape);
        Operands.Require(weights, PerSample(shape));
        LabelCotangentCore(logits, logitsTangent, weights, labelCotangent);
    }

    protected abstract void ProbabilitiesCore(Tensor logits, Tensor probabilities);

    protected abstract void LossCore(Tensor logits, Tensor labels, Tensor loss);

    protected abstract void BackwardCore(Tensor logits, Tensor labels, Tensor weights, Tensor cotangent);

    protected abstract void BackwardTangentCore(Tensor logits, Tensor logitsTangent, Tensor labels, Tensor weights,
        Tensor cotangentTangent);

    protected abstract void LabelCotangentCore(Tensor logits, Tensor logitsTangent, Tensor weights, Tensor labelCotangent);

    private static TensorShape PerSample(TensorShape logits) => new(logits.Members, logits.Samples, 1);

    private static void RequireVector(Tensor logits)
    {
        if (logits.Shape.Height != 1 || logits.Shape.Width != 1)
            throw new ArgumentException($"Logits have shape {logits.Shape}; expected [E, N, K, 1, 1].", nameof(logits));
    }
}
