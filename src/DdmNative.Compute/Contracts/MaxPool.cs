namespace DdmNative.Compute.Contracts;

/// <summary>
/// The maximum of each window (docs/mathematics.md, "Max pool and average pool"). Of equal values the first in row-major order is the
/// maximum; NaN is above all numbers, and of several the last is the maximum. Both are as in PyTorch. Padding is never the maximum. Linear
/// once the positions of the maxima are fixed; each pass finds them again from x.
/// </summary>
/// <remarks>
/// x [E, N, C, H, W], y [E, N, C, H′, W′] of <see cref="PoolingShape.Pooled"/>. Operands are per member or shared; results are assigned.
/// </remarks>
public abstract class MaxPool
{
    /// <summary>y = x[m], m the position of the window's maximum.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Forward(PoolingShape shape, Tensor x, Tensor y)
    {
        int members = y.Shape.Members;
        Operands.RequireOutput(y, shape.Pooled(x.Shape).WithMembers(members));
        Operands.Require(x, x.Shape.WithMembers(members));
        ForwardCore(shape, x, y);
    }

    /// <summary>ẏ = ẋ[m]: the tangent of the element that is the maximum.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void ForwardTangent(PoolingShape shape, Tensor x, Tensor xTangent, Tensor yTangent)
    {
        int members = yTangent.Shape.Members;
        Operands.RequireOutput(yTangent, shape.Pooled(x.Shape).WithMembers(members));
        Operands.Require(x, x.Shape.WithMembers(members));
        Operands.Require(xTangent, x.Shape.WithMembers(members));
        ForwardTangentCore(shape, x, xTangent, yTangent);
    }

    /// <summary>
    /// δx = the sum of the cotangents of the windows whose maximum the element is, in row-major order of the windows. With tangents in
    /// place of cotangents, its own tangent.
    /// </summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Backward(PoolingShape shape, Tensor x, Tensor cotangent, Tensor xCotangent)
    {
        int members = xCotangent.Shape.Members;
        Operands.RequireOutput(xCotangent, x.Shape.WithMembers(members));
        Operands.Require(x, x.Shape.WithMembers(members));
        Operands.Require(cotangent, shape.Pooled(x.Shape).WithMembers(members));
        BackwardCore(shape, x, cotangent, xCotangent);
    }

    protected abstract void ForwardCore(PoolingShape shape, Tensor x, Tensor y);

    protected abstract void ForwardTangentCore(PoolingShape shape, Tensor x, Tensor xTangent, Tensor yTangent);

    protected abstract void BackwardCore(PoolingShape shape, Tensor x, Tensor cotangent, Tensor xCotangent);
}
