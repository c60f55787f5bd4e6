namespace DdmNative.Compute.Contracts;

/// <summary>
/// Settings of Adam (Kingma and Ba 2015); the defaults are those measured best for a synset's pixels (docs/attribution-quality.md).
/// </summary>
public readonly record struct AdamOptions(float LearningRate = 0.03f, float Beta1 = 0.5f, float Beta2 = 0.9f, float Epsilon = 1e-8f)
{
    public AdamOptions()
        : this(0.03f)
    {
    }

    /// <summary>The two numbers that step t = 1, 2, … reads: η/(1 − β₁ᵗ) and 1/(1 − β₂ᵗ).</summary>
    public float[] Corrections(int step)
    {
        var corrections = new float[2];
        WriteCorrections(step, corrections);
        return corrections;
    }

    /// <summary>The same as <see cref="Corrections"/>, written to an existing span.</summary>
    public void WriteCorrections(int step, Span<float> corrections)
        => (corrections[0], corrections[1]) = ((float)(LearningRate / (1 - Math.Pow(Beta1, step))),
            (float)(1 / (1 - Math.Pow(Beta2, step))));
}

/// <summary>Adam in PyTorch's form: m ← β₁m + (1−β₁)g; s ← β₂s + (1−β₂)g²; x ← x − η/(1−β₁ᵗ) · m / (√(s/(1−β₂ᵗ)) + ε).</summary>
public abstract class Adam
{
    /// <summary>
    /// One step on tensors of one shape; <paramref name="corrections"/> [1, 1, 2, 1, 1] holds <see cref="AdamOptions.Corrections"/> of the
    /// step and is read when the step runs.
    /// </summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Step(in AdamOptions options, Tensor values, Tensor firstMoment, Tensor secondMoment, Tensor gradient, Tensor corrections)
    {
        TensorShape shape = values.Shape;
        Operands.RequireOutput(firstMoment, shape);
        Operands.RequireOutput(secondMoment, shape);
        Operands.Require(gradient, shape);
        Operands.RequireOutput(corrections, TensorShape.Vector(1, 2));
        StepCore(options, values, firstMoment, secondMoment, gradient, corrections);
    }

    protected abstract void StepCore(AdamOptions options, Tensor values, Tensor firstMoment, Tensor secondMoment, Tensor gradient,
        Tensor corrections);
}
