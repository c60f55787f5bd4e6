namespace DdmNative.Compute.Contracts;

/// <summary>
/// The mean of each window (docs/mathematics.md, "Max pool and average pool"). Linear: the forward pass of tangents is <see
/// cref="Forward"/>, and <see cref="Backward"/> is its own tangent.
/// </summary>
/// <remarks>
/// x [E, N, C, H, W], y [E, N, C, H′, W′] of <see cref="PoolingShape.Pooled"/>, without padding. Operands are per member or shared; results
/// are assigned.
/// </remarks>
public abstract class AvgPool
{
    /// <summary>y = pool(x), the mean of each window.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit, or the shape has padding.</exception>
    public void Forward(PoolingShape shape, Tensor x, Tensor y)
    {
        int members = y.Shape.Members;
        RequireNoPadding(shape);
        Operands.RequireOutput(y, shape.Pooled(x.Shape).WithMembers(members));
        Operands.Require(x, x.Shape.WithMembers(members));
        ForwardCore(shape, x, y);
    }

    /// <summary>
    /// δx = poolᵀ(δ): the sum over the windows that hold the element, in row-major order, of their cotangents divided by the number of
    /// elements of a window.
    /// </summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit, or the shape has padding.</exception>
    public void Backward(PoolingShape shape, Tensor cotangent, Tensor xCotangent)
    {
        RequireNoPadding(shape);
        Operands.Require(cotangent, shape.Pooled(xCotangent.Shape));
        BackwardCore(shape, cotangent, xCotangent);
    }

    protected abstract void ForwardCore(PoolingShape shape, Tensor x, Tensor y);

    protected abstract void BackwardCore(PoolingShape shape, Tensor cotangent, Tensor xCotangent);

    private static void RequireNoPadding(PoolingShape shape)
    {
        if (shape.Padding != 0)
            throw new ArgumentException($"The pool has padding {shape.Padding}; an average pool supports padding 0 only.", nameof(shape));
    }
}
