namespace DdmNative.Compute.Contracts;

/// <summary>The distance between a synset's gradient g and its target gradient g* (docs/mathematics.md, "Distances").</summary>
public enum GradientDistanceKind
{
    /// <summary>‖g − g*‖²/‖g*‖² over the parameters of all blocks: compares lengths as well as directions. The default.</summary>
    Relative,

    /// <summary>
    /// The sum over parameter tensors of ‖g − g*‖²/‖g*‖². A tensor with ‖g*ₗ‖ ≤ 1e-5·‖g*‖ counts 1 and gives no gradient: the bias of a
    /// convolution before an instance norm has no true gradient, and dividing by its rounding noise would dominate the sum.
    /// </summary>
    RelativePerLayer,

    /// <summary>
    /// The distance of Zhao et al. (2021): the sum over weight tensors' output rows of 1 − cosine; biases and norm parameters do not count.
    /// </summary>
    RowCosine,
}

/// <summary>One parameter tensor inside the parameter vector, as the distances see it.</summary>
/// <param name="Offset">Its first parameter.</param>
/// <param name="Rows">Output rows: O for a filter [O, I, k, k] or a matrix [O, I].</param>
/// <param name="RowLength">Parameters per row.</param>
/// <param name="IsWeight">A filter or a matrix, not a bias and not a norm's parameter.</param>
public readonly record struct ParameterBlock(int Offset, int Rows, int RowLength, bool IsWeight)
{
    /// <summary>Its number of parameters.</summary>
    public int Length => Rows * RowLength;
}

/// <summary>
/// The matching loss ℳ(g) of every member and its cotangent v = ∂ℳ/∂g. A zero block or row contributes a constant and no gradient; never
/// NaN. Parameters outside the blocks, such as a batch norm's running statistics, do not count: g and g* are not read there, and v is zero.
/// </summary>
public abstract class GradientDistance
{
    /// <summary>Below this share of the whole target's norm, a parameter tensor's target is rounding noise.</summary>
    public const double NegligibleShare = 1e-5;

    /// <summary>
    /// distance [E, 1, 1, 1, 1] and v [E, 1, P, 1, 1] of gradients g against targets g*, both [E, 1, P, 1, 1]. The blocks are in the order
    /// of their offsets.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// An operand's shape does not fit, there is no block, or a block overlaps another or is not inside the vector.
    /// </exception>
    public void Evaluate(
        GradientDistanceKind kind, IReadOnlyList<ParameterBlock> blocks, Tensor gradient, Tensor target, Tensor distance,
        Tensor gradientCotangent)
    {
        TensorShape shape = gradientCotangent.Shape;
        Operands.RequireOutput(gradientCotangent, TensorShape.Vector(shape.Members, shape.Channels));
        Operands.Require(gradient, shape);
        Operands.Require(target, shape);
        Operands.RequireOutput(distance, TensorShape.Vector(shape.Members, 1));
        if (blocks.Count == 0)
            throw new ArgumentException("Found no parameter block; expected one at least.", nameof(blocks));
        int end = 0;
        foreach (ParameterBlock block in blocks)
        {
            if (block.Offset < end)
                throw new ArgumentException($"A parameter block starts at {block.Offset}; the one before it ended at {end}.",
                    nameof(blocks));
            if (block.Rows < 1 || block.RowLength < 1)
                throw new ArgumentException($"A parameter block has {block.Rows} rows of {block.RowLength} parameters.", nameof(blocks));
            end = checked(block.Offset + block.Length);
        }
        if (end > shape.Channels)
            throw new ArgumentException($"The parameter blocks end at {end}; there are {shape.Channels} parameters.", nameof(blocks));
        EvaluateCore(kind, blocks, gradient, target, distance, gradientCotangent);
    }

    protected abstract void EvaluateCore(
        GradientDistanceKind kind, IReadOnlyList<ParameterBlock> blocks, Tensor gradient, Tensor target, Tensor distance,
        Tensor gradientCotangent);
}
