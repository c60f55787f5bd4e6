namespace DdmNative.Compute.Contracts;

/// <summary>
/// Instance normalisation over H·W per sample and channel with a learned scale and shift, its cotangents, and the tangents of both
/// (docs/mathematics.md, "Instance norm"): r = 1/√(σ² + ε), x̂ = (x − μ)r, y = γx̂ + β, ε = 1e-5.
/// </summary>
/// <remarks>
/// <c>statistics</c> is [E, N, 2C, 1, 1]: the means μ, then the reciprocal deviations r, which <see cref="Forward"/> assigns and the other
/// three read. Images and statistics are per member or shared, parameters too; results are assigned.
/// </remarks>
public abstract class InstanceNorm
{
    /// <summary>Added to the variance before the square root, as in PyTorch.</summary>
    public const float Epsilon = 1e-5f;

    /// <summary>y = γx̂ + β, and the statistics.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Forward(Tensor x, Slice scale, Slice shift, Tensor y, Tensor statistics)
    {
        Operands.Require(x, y.Shape);
        NormOperands.RequireParameters(scale, shift, y.Shape);
        Operands.RequireOutput(statistics, StatisticsShape(y.Shape));
        ForwardCore(x, scale, shift, y, statistics);
    }

    /// <summary>x̂̇ = r(ẋ − mean ẋ − x̂·mean(x̂ẋ)); ẏ = γ̇x̂ + γx̂̇ + β̇.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void ForwardTangent(Tensor x, Tensor xTangent, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent,
        Tensor yTangent)
    {
        TensorShape shape = yTangent.Shape;
        Operands.Require(x, shape);
        Operands.Require(xTangent, shape);
        Operands.Require(statistics, StatisticsShape(shape));
        Operands.Require(scale, shape.Members, shape.Channels);
        NormOperands.RequireParameters(scaleTangent, shiftTangent, shape);
        Operands.RequireOutput(yTangent, shape);
        ForwardTangentCore(x, xTangent, statistics, scale, scaleTangent, shiftTangent, yTangent);
    }

    /// <summary>
    /// With d = γδ: δx = r(d − mean d − x̂·mean(d x̂)); δγ = Σ δx̂; δβ = Σ δ, the sums over H·W and the member's samples.
    /// </summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Backward(Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
    {
        RequireBackward(x, statistics, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent);
        BackwardCore(x, statistics, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent);
    }

    /// <summary>
    /// The same, bit for bit, and each sample's products ⟨Σ δₙx̂ₙ, V_d⟩ + ⟨Σ δₙ, b_d⟩ with directions of the scale and the shift.
    /// </summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    /// <exception cref="NotSupportedException">The device cannot compute sample products (<see
    /// cref="Device.HasSampleProducts"/>).</exception>
    public void Backward(
        Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent, Slice shiftCotangent,
        SampleProducts products)
    {
        RequireBackward(x, statistics, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent);
        products.Require(xCotangent.Shape.Members, xCotangent.Shape.Samples, xCotangent.Shape.Channels, xCotangent.Shape.Channels);
        BackwardCore(x, statistics, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent, products);
    }

    /// <summary>
    /// With d = γδ and ḋ = γ̇δ + γδ̇: δẋ = −r·mean(x̂ẋ)·δx + r(ḋ − mean ḋ − x̂̇·mean(d x̂) − x̂·mean(ḋx̂ + d x̂̇)).
    /// Where <paramref name="scaleCotangentTangent"/> is given, also δγ̇ = Σ(δ̇x̂ + δx̂̇) and δβ̇ = Σ δ̇.
    /// </summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit, or only one of the two parameter results is given.</exception>
    public void BackwardTangent(
        Tensor x, Tensor xTangent, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale, Slice scaleTangent,
        Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
    {
        TensorShape shape = xCotangentTangent.Shape;
        Operands.Require(x, shape);
        Operands.Require(xTangent, shape);
        Operands.Require(statistics, StatisticsShape(shape));
        Operands.Require(cotangent, shape);
        Operands.Require(cotangentTangent, shape);
        Operands.Require(scale, shape.Members, shape.Channels);
        Operands.Require(scaleTangent, shape.Members, shape.Channels);
        Operands.RequireOutput(xCotangentTangent, shape);
        NormOperands.RequireBothOrNeither(scaleCotangentTangent, shiftCotangentTangent, shape);
        BackwardTangentCore(
            x, xTangent, statistics, cotangent, cotangentTangent, scale, scaleTangent, xCotangentTangent, scaleCotangentTangent,
            shiftCotangentTangent);
    }

    /// <summary>The shape of the statistics of images of the given shape: [E, N, 2C, 1, 1].</summary>
    public static TensorShape StatisticsShape(TensorShape images) => new(images.Members, images.Samples, 2 * images.Channels);

    protected abstract void ForwardCore(Tensor x, Slice scale, Slice shift, Tensor y, Tensor statistics);

    protected abstract void ForwardTangentCore(
        Tensor x, Tensor xTangent, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent);

    protected abstract void BackwardCore(
        Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent, Slice shiftCotangent);

    protected virtual void BackwardCore(
        Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent, Slice shiftCotangent,
        SampleProducts products)
        => throw SampleProducts.Unsupported();

    protected abstract void BackwardTangentCore(
        Tensor x, Tensor xTangent, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale, Slice scaleTangent,
        Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent);

    private static void RequireBackward(Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
    {
        TensorShape shape = xCotangent.Shape;
        Operands.Require(x, shape);
        Operands.Require(statistics, StatisticsShape(shape));
        Operands.Require(cotangent, shape);
        Operands.Require(scale, shape.Members, shape.Channels);
        Operands.RequireOutput(xCotangent, shape);
        Operands.RequireOutput(scaleCotangent, shape.Members, shape.Channels);
        Operands.RequireOutput(shiftCotangent, shape.Members, shape.Channels);
    }
}
