namespace DdmNative.Compute.Contracts;

/// <summary>
/// Batch normalisation in its training form (Ioffe and Szegedy, ICML 2015): statistics of each channel over H·W and the samples of the
/// member's batch, a learned scale and shift, the cotangents, and the tangents of both (docs/mathematics.md, "Batch norm"):
/// r = 1/√(σ² + ε), x̂ = (x − μ)r, y = γx̂ + β, ε = 1e-5.
/// </summary>
/// <remarks>
/// <para><c>presence</c> [E or 1, N, 1, 1, 1] says which samples are in the member's batch: those whose value is not zero; without it, all
/// are. A sample that is absent is in no mean: the others get the statistics and cotangents of a batch without it. It has an output,
/// computed with the statistics of the others, and its cotangents are zero, whatever cotangent it is given. A loss whose weights are also
/// the presence therefore leaves a sample out of a training step altogether.</para>
/// <para><c>statistics</c> is [E, 1, 3C, 1, 1]: the means μ, the reciprocal deviations r, which contain the biased variance, and the
/// unbiased variances m/(m − 1)·σ² of the m present values of a channel (σ² if m is 1), which only <see cref="UpdateRunning"/> reads.
/// <see cref="Forward"/> assigns them and the other operations read them. If no sample is present, μ and σ² are zero, and the unbiased
/// variance is −1, which is none.</para>
/// <para>Images, presence and statistics are per member or shared, parameters too; results are assigned.</para>
/// </remarks>
public abstract class BatchNorm
{
    /// <summary>Added to the variance before the square root, as in PyTorch.</summary>
    public const float Epsilon = 1e-5f;

    /// <summary>y = γx̂ + β, and the statistics.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Forward(Tensor x, Tensor? presence, Slice scale, Slice shift, Tensor y, Tensor statistics)
    {
        Operands.Require(x, y.Shape);
        RequirePresence(presence, y.Shape);
        NormOperands.RequireParameters(scale, shift, y.Shape);
        Operands.RequireOutput(statistics, StatisticsShape(y.Shape));
        ForwardCore(x, presence, scale, shift, y, statistics);
    }

    /// <summary>x̂̇ = r(ẋ − mean ẋ − x̂·mean(x̂ẋ)); ẏ = γ̇x̂ + γx̂̇ + β̇, with the means over the present samples and H·W.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void ForwardTangent(
        Tensor x, Tensor xTangent, Tensor? presence, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent,
        Tensor yTangent)
    {
        TensorShape shape = yTangent.Shape;
        Operands.Require(x, shape);
        Operands.Require(xTangent, shape);
        RequirePresence(presence, shape);
        Operands.Require(statistics, StatisticsShape(shape));
        Operands.Require(scale, shape.Members, shape.Channels);
        NormOperands.RequireParameters(scaleTangent, shiftTangent, shape);
        ForwardTangentCore(x, xTangent, presence, statistics, scale, scaleTangent, shiftTangent, yTangent);
    }

    /// <summary>
    /// With d = γδ: δx = r(d − mean d − x̂·mean(d x̂)), zero for absent samples; δγ = Σ δx̂; δβ = Σ δ, the sums and means over the present
    /// samples and H·W.
    /// </summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Backward(
        Tensor x, Tensor? presence, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
    {
        TensorShape shape = xCotangent.Shape;
        Operands.Require(x, shape);
        RequirePresence(presence, shape);
        Operands.Require(statistics, StatisticsShape(shape));
        Operands.Require(cotangent, shape);
        Operands.Require(scale, shape.Members, shape.Channels);
        Operands.RequireOutput(scaleCotangent, shape.Members, shape.Channels);
        Operands.RequireOutput(shiftCotangent, shape.Members, shape.Channels);
        BackwardCore(x, presence, statistics, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent);
    }

    /// <summary>
    /// With d = γδ and ḋ = γ̇δ + γδ̇: δẋ = −r·mean(x̂ẋ)·δx + r(ḋ − mean ḋ − x̂̇·mean(d x̂) − x̂·mean(ḋx̂ + d x̂̇)), zero for absent
    /// samples. Where <paramref name="scaleCotangentTangent"/> is given, also δγ̇ = Σ(δ̇x̂ + δx̂̇) and δβ̇ = Σ δ̇.
    /// </summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit, or only one of the two parameter results is given.</exception>
    public void BackwardTangent(
        Tensor x, Tensor xTangent, Tensor? presence, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale,
        Slice scaleTangent, Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
    {
        TensorShape shape = xCotangentTangent.Shape;
        Operands.Require(x, shape);
        Operands.Require(xTangent, shape);
        RequirePresence(presence, shape);
        Operands.Require(statistics, StatisticsShape(shape));
        Operands.Require(cotangent, shape);
        Operands.Require(cotangentTangent, shape);
        Operands.Require(scale, shape.Members, shape.Channels);
        Operands.Require(scaleTangent, shape.Members, shape.Channels);
        NormOperands.RequireBothOrNeither(scaleCotangentTangent, shiftCotangentTangent, shape);
        BackwardTangentCore(
            x, xTangent, presence, statistics, cotangent, cotangentTangent, scale, scaleTangent, xCotangentTangent, scaleCotangentTangent,
            shiftCotangentTangent);
    }

    /// <summary>
    /// Moves the running statistics, which <see cref="FrozenBatchNorm"/> reads, towards those of a batch, in place: running ←
    /// (1 − momentum)·running + momentum·(μ, unbiased variance), as PyTorch does. A member without a present sample keeps its own.
    /// </summary>
    /// <param name="statistics">What <see cref="Forward"/> assigned, [E or 1, 1, 3C, 1, 1].</param>
    /// <param name="momentum">Between 0 and 1; PyTorch's default is 0.1.</param>
    /// <param name="runningMean">[C] of each member.</param>
    /// <param name="runningVariance">[C] of each member.</param>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The momentum is not between 0 and 1.</exception>
    public void UpdateRunning(Tensor statistics, float momentum, Slice runningMean, Slice runningVariance)
    {
        (int members, int channels) = (runningMean.Vector.Shape.Members, runningMean.Length);
        if (!(momentum is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(momentum), $"Found {momentum}; expected a number from 0 to 1.");
        Operands.Require(statistics, StatisticsShape(new TensorShape(members, 1, channels)));
        Operands.RequireOutput(runningVariance, members, channels);
        UpdateRunningCore(statistics, momentum, runningMean, runningVariance);
    }

    /// <summary>The shape of the statistics of images of the given shape: [E, 1, 3C, 1, 1].</summary>
    public static TensorShape StatisticsShape(TensorShape images) => new(images.Members, 1, 3 * images.Channels);

    protected abstract void ForwardCore(Tensor x, Tensor? presence, Slice scale, Slice shift, Tensor y, Tensor statistics);

    protected abstract void ForwardTangentCore(
        Tensor x, Tensor xTangent, Tensor? presence, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent,
        Tensor yTangent);

    protected abstract void BackwardCore(
        Tensor x, Tensor? presence, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent);

    protected abstract void BackwardTangentCore(
        Tensor x, Tensor xTangent, Tensor? presence, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale,
        Slice scaleTangent, Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent);

    protected abstract void UpdateRunningCore(Tensor statistics, float momentum, Slice runningMean, Slice runningVariance);

    private static void RequirePresence(Tensor? presence, TensorShape images)
    {
        if (presence is not null)
            Operands.Require(presence, images.Members, images.Samples, channels: 1, height: 1, width: 1);
    }
}
