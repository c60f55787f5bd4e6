namespace DdmNative.Compute.Contracts;

/// <summary>
/// Group normalisation (Wu and He, ECCV 2018): statistics over H·W and the C/G channels of each group of a sample, with a learned scale and
/// shift of each channel, its cotangents, and the tangents of both (docs/mathematics.md, "Group norm"): r = 1/√(σ² + ε), x̂ = (x − μ)r,
/// y = γx̂ + β, ε = 1e-5. With one group it is the layer norm of a whole image, with C groups <see cref="InstanceNorm"/>.
/// </summary>
/// <remarks>
/// <c>statistics</c> is [E, N, 2G, 1, 1]: the means μ of the groups, then the reciprocal deviations r, which <see cref="Forward"/> assigns
/// and the other three read. Images and statistics are per member or shared, parameters too; results are assigned.
/// </remarks>
public abstract class GroupNorm
{
    /// <summary>Added to the variance before the square root, as in PyTorch.</summary>
    public const float Epsilon = 1e-5f;

    /// <summary>y = γx̂ + β, and the statistics.</summary>
    /// <param name="groups">G, a divisor of C: group g is the channels gC/G to (g + 1)C/G − 1.</param>
    /// <param name="x">[E or 1, N, C, H, W].</param>
    /// <param name="scale">γ [C].</param>
    /// <param name="shift">β [C].</param>
    /// <param name="y">[E, N, C, H, W].</param>
    /// <param name="statistics">[E, N, 2G, 1, 1].</param>
    /// <exception cref="ArgumentException">An operand's shape does not fit, or the channels cannot be divided into the groups.</exception>
    public void Forward(int groups, Tensor x, Slice scale, Slice shift, Tensor y, Tensor statistics)
    {
        RequireGroups(groups, y.Shape);
        Operands.Require(x, y.Shape);
        NormOperands.RequireParameters(scale, shift, y.Shape);
        Operands.RequireOutput(statistics, StatisticsShape(groups, y.Shape));
        ForwardCore(groups, x, scale, shift, y, statistics);
    }

    /// <summary>x̂̇ = r(ẋ − mean ẋ − x̂·mean(x̂ẋ)); ẏ = γ̇x̂ + γx̂̇ + β̇, with the means over the group.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit, or the channels cannot be divided into the groups.</exception>
    public void ForwardTangent(
        int groups, Tensor x, Tensor xTangent, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent)
    {
        TensorShape shape = yTangent.Shape;
        RequireGroups(groups, shape);
        Operands.Require(x, shape);
        Operands.Require(xTangent, shape);
        Operands.Require(statistics, StatisticsShape(groups, shape));
        Operands.Require(scale, shape.Members, shape.Channels);
        NormOperands.RequireParameters(scaleTangent, shiftTangent, shape);
        ForwardTangentCore(groups, x, xTangent, statistics, scale, scaleTangent, shiftTangent, yTangent);
    }

    /// <summary>
    /// With d = γδ: δx = r(d − mean d − x̂·mean(d x̂)), the means over the group; δγ = Σ δx̂; δβ = Σ δ, the sums of each channel over H·W
    /// and the member's samples.
    /// </summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit, or the channels cannot be divided into the groups.</exception>
    public void Backward(
        int groups, Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
    {
        RequireBackward(groups, x, statistics, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent);
        BackwardCore(groups, x, statistics, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent);
    }

    /// <summary>
    /// The same, bit for bit, and each sample's products ⟨Σ δₙx̂ₙ, V_d⟩ + ⟨Σ δₙ, b_d⟩ with directions of the scale and the shift.
    /// </summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit, or the channels cannot be divided into the groups.</exception>
    /// <exception cref="NotSupportedException">The device cannot compute sample products (<see
    /// cref="Device.HasSampleProducts"/>).</exception>
    public void Backward(
        int groups, Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent, SampleProducts products)
    {
        RequireBackward(groups, x, statistics, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent);
        products.Require(xCotangent.Shape.Members, xCotangent.Shape.Samples, xCotangent.Shape.Channels, xCotangent.Shape.Channels);
        BackwardCore(groups, x, statistics, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent, products);
    }

    /// <summary>
    /// With d = γδ and ḋ = γ̇δ + γδ̇: δẋ = −r·mean(x̂ẋ)·δx + r(ḋ − mean ḋ − x̂̇·mean(d x̂) − x̂·mean(ḋx̂ + d x̂̇)), the means over the
    /// group. Where <paramref name="scaleCotangentTangent"/> is given, also δγ̇ = Σ(δ̇x̂ + δx̂̇) and δβ̇ = Σ δ̇.
    /// </summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit, the channels cannot be divided into the groups, or only one of
    /// the two parameter results is given.</exception>
    public void BackwardTangent(
        int groups, Tensor x, Tensor xTangent, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale,
        Slice scaleTangent, Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
    {
        TensorShape shape = xCotangentTangent.Shape;
        RequireGroups(groups, shape);
        Operands.Require(x, shape);
        Operands.Require(xTangent, shape);
        Operands.Require(statistics, StatisticsShape(groups, shape));
        Operands.Require(cotangent, shape);
        Operands.Require(cotangentTangent, shape);
        Operands.Require(scale, shape.Members, shape.Channels);
        Operands.Require(scaleTangent, shape.Members, shape.Channels);
        NormOperands.RequireBothOrNeither(scaleCotangentTangent, shiftCotangentTangent, shape);
        BackwardTangentCore(
            groups, x, xTangent, statistics, cotangent, cotangentTangent, scale, scaleTangent, xCotangentTangent, scaleCotangentTangent,
            shiftCotangentTangent);
    }

    /// <summary>The shape of the statistics of images of the given shape: [E, N, 2G, 1, 1].</summary>
    public static TensorShape StatisticsShape(int groups, TensorShape images) => new(images.Members, images.Samples, 2 * groups);

    protected abstract void ForwardCore(int groups, Tensor x, Slice scale, Slice shift, Tensor y, Tensor statistics);

    protected abstract void ForwardTangentCore(
        int groups, Tensor x, Tensor xTangent, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent);

    protected abstract void BackwardCore(
        int groups, Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent);

    protected virtual void BackwardCore(
        int groups, Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent, SampleProducts products)
        => throw SampleProducts.Unsupported();

    protected abstract void BackwardTangentCore(
        int groups, Tensor x, Tensor xTangent, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale,
        Slice scaleTangent, Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent);

    private static void RequireGroups(int groups, TensorShape images)
    {
        if (groups < 1 || images.Channels % groups != 0)
            throw new ArgumentException(
                $"{images.Channels} channels cannot be divided into {groups} groups of the same size.", nameof(groups));
    }

    private static void RequireBackward(
        int groups, Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
    {
        TensorShape shape = xCotangent.Shape;
        RequireGroups(groups, shape);
        Operands.Require(x, shape);
        Operands.Require(statistics, StatisticsShape(groups, shape));
        Operands.Require(cotangent, shape);
        Operands.Require(scale, shape.Members, shape.Channels);
        Operands.RequireOutput(scaleCotangent, shape.Members, shape.Channels);
        Operands.RequireOutput(shiftCotangent, shape.Members, shape.Channels);
    }
}
