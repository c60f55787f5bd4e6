namespace DdmNative.Compute.Contracts;

/// <summary>
/// Batch normalisation in its evaluation form, with running statistics that are constants (docs/mathematics.md, "Batch norm"):
/// r = 1/√(v + ε), x̂ = (x − m)r, y = γx̂ + β, ε = 1e-5, with the mean m and the variance v of each channel. It is affine and treats every
/// sample by itself, like FrozenBatchNorm2d of torchvision.
/// </summary>
/// <remarks>
/// The mean and the variance have no tangents and no cotangents. Images and parameters are per member or shared; results are assigned.
/// </remarks>
public abstract class FrozenBatchNorm
{
    /// <summary>Added to the variance before the square root, as in <see cref="BatchNorm"/>.</summary>
    public const float Epsilon = BatchNorm.Epsilon;

    /// <summary>y = γx̂ + β.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Forward(Tensor x, Slice mean, Slice variance, Slice scale, Slice shift, Tensor y)
    {
        Operands.Require(x, y.Shape);
        NormOperands.RequireParameters(mean, variance, y.Shape);
        NormOperands.RequireParameters(scale, shift, y.Shape);
        ForwardCore(x, mean, variance, scale, shift, y);
    }

    /// <summary>ẏ = γ̇x̂ + γrẋ + β̇; an absent ẋ is zero.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void ForwardTangent(
        Tensor x, Tensor? xTangent, Slice mean, Slice variance, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent)
    {
        TensorShape shape = yTangent.Shape;
        Operands.Require(x, shape);
        if (xTangent is not null)
            Operands.Require(xTangent, shape);
        NormOperands.RequireParameters(mean, variance, shape);
        Operands.Require(scale, shape.Members, shape.Channels);
        NormOperands.RequireParameters(scaleTangent, shiftTangent, shape);
        ForwardTangentCore(x, xTangent, mean, variance, scale, scaleTangent, shiftTangent, yTangent);
    }

    /// <summary>
    /// δγ = Σ δx̂; δβ = Σ δ, the sums over H·W and the member's samples; where <paramref name="xCotangent"/> is given, also δx = γrδ.
    /// </summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Backward(
        Tensor x, Slice mean, Slice variance, Tensor cotangent, Slice scale, Tensor? xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
    {
        RequireBackward(x, mean, variance, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent);
        BackwardCore(x, mean, variance, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent);
    }

    /// <summary>
    /// The same, bit for bit, and each sample's products ⟨Σ δₙx̂ₙ, V_d⟩ + ⟨Σ δₙ, b_d⟩ with directions of the scale and the shift.
    /// </summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    /// <exception cref="NotSupportedException">The device cannot compute sample products (<see
    /// cref="Device.HasSampleProducts"/>).</exception>
    public void Backward(
        Tensor x, Slice mean, Slice variance, Tensor cotangent, Slice scale, Tensor? xCotangent, Slice scaleCotangent,
        Slice shiftCotangent, SampleProducts products)
    {
        TensorShape shape = RequireBackward(x, mean, variance, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent);
        products.Require(shape.Members, shape.Samples, shape.Channels, shape.Channels);
        BackwardCore(x, mean, variance, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent, products);
    }

    /// <summary>
    /// δẋ = r(γ̇δ + γδ̇) where <paramref name="xCotangentTangent"/> is given; δγ̇ = Σ(δ̇x̂ + δrẋ) and δβ̇ = Σ δ̇ where <paramref
    /// name="scaleCotangentTangent"/> is given; an absent ẋ is zero.
    /// </summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit, only one of the two parameter results is given, or there is no
    /// result at all.</exception>
    public void BackwardTangent(
        Tensor x, Tensor? xTangent, Slice mean, Slice variance, Tensor cotangent, Tensor cotangentTangent, Slice scale, Slice scaleTangent,
        Tensor? xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
    {
        if (scaleCotangentTangent.HasValue != shiftCotangentTangent.HasValue)
            throw new ArgumentException("Give both parameter results or neither.", nameof(shiftCotangentTangent));
        TensorShape shape = xCotangentTangent?.Shape
            ?? (scaleCotangentTangent is Slice given
                ? x.Shape.WithMembers(given.Vector.Shape.Members)
                : throw new ArgumentException("Give a result: the image's, the parameters' or all.", nameof(xCotangentTangent)));
        Operands.Require(x, shape);
        if (xTangent is not null)
            Operands.Require(xTangent, shape);
        NormOperands.RequireParameters(mean, variance, shape);
        Operands.Require(cotangent, shape);
        Operands.Require(cotangentTangent, shape);
        NormOperands.RequireParameters(scale, scaleTangent, shape);
        if (scaleCotangentTangent is Slice scaleResult && shiftCotangentTangent is Slice shiftResult)
        {
            Operands.RequireOutput(scaleResult, shape.Members, shape.Channels);
            Operands.RequireOutput(shiftResult, shape.Members, shape.Channels);
        }
        BackwardTangentCore(
            x, xTangent, mean, variance, cotangent, cotangentTangent, scale, scaleTangent, xCotangentTangent, scaleCotangentTangent,
            shiftCotangentTangent);
    }

    protected abstract void ForwardCore(Tensor x, Slice mean, Slice variance, Slice scale, Slice shift, Tensor y);

    protected abstract void ForwardTangentCore(
        Tensor x, Tensor? xTangent, Slice mean, Slice variance, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent);

    protected abstract void BackwardCore(
        Tensor x, Slice mean, Slice variance, Tensor cotangent, Slice scale, Tensor? xCotangent, Slice scaleCotangent,
        Slice shiftCotangent);

    protected virtual void BackwardCore(
        Tensor x, Slice mean, Slice variance, Tensor cotangent, Slice scale, Tensor? xCotangent, Slice scaleCotangent,
        Slice shiftCotangent, SampleProducts products)
        => throw SampleProducts.Unsupported();

    protected abstract void BackwardTangentCore(
        Tensor x, Tensor? xTangent, Slice mean, Slice variance, Tensor cotangent, Tensor cotangentTangent, Slice scale, Slice scaleTangent,
        Tensor? xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent);

    /// <summary>Checks the operands and returns the shape of the images with all members.</summary>
    private static TensorShape RequireBackward(
        Tensor x, Slice mean, Slice variance, Tensor cotangent, Slice scale, Tensor? xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
    {
        TensorShape shape = x.Shape.WithMembers(scaleCotangent.Vector.Shape.Members);
        Operands.Require(x, shape);
        NormOperands.RequireParameters(mean, variance, shape);
        Operands.Require(cotangent, shape);
        Operands.Require(scale, shape.Members, shape.Channels);
        if (xCotangent is not null)
            Operands.RequireOutput(xCotangent, shape);
        Operands.RequireOutput(scaleCotangent, shape.Members, shape.Channels);
        Operands.RequireOutput(shiftCotangent, shape.Members, shape.Channels);
        return shape;
    }
}
