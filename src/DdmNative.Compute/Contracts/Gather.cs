namespace DdmNative.Compute.Contracts;

/// <summary>Picks samples of a data set into a batch.</summary>
public abstract class Gather
{
    /// <summary>
    /// y[e, n] = source[e, indices[e, n]]: source [E or 1, M, C, H, W], y [E, N, C, H, W]; indices [E or 1, N, 1, 1, 1] hold whole numbers
    /// in 0..M−1 as float32 (exact below 2²⁴) and are read when the call runs.
    /// </summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit, or the source has 2²⁴ samples or more.</exception>
    public void Samples(Tensor source, Tensor indices, Tensor y)
    {
        TensorShape shape = y.Shape;
        if (source.Shape.Samples >= 1 << 24)
            throw new ArgumentException($"source has {source.Shape.Samples} samples; indices are exact only below {1 << 24}.",
                nameof(source));
        Operands.Require(source, shape.WithSamples(source.Shape.Samples));
        Operands.Require(indices, new TensorShape(shape.Members, shape.Samples, 1));
        SamplesCore(source, indices, y);
    }

    protected abstract void SamplesCore(Tensor source, Tensor indices, Tensor y);
}
