namespace DdmNative.Compute.Contracts;

/// <summary>
/// ReLU followed by a mean over non-overlapping window × window squares (window 1: ReLU alone). Rows and columns outside the last whole
/// window are dropped, as in PyTorch. Linear with the primal's mask, so that one masked map serves the tangents too; the mask of x = 0 is
/// 0.
/// </summary>
/// <remarks>x [E, N, C, H, W], y [E, N, C, H/window, W/window]. Operands are per member or shared; results are assigned.</remarks>
public abstract class ReluAvgPool
{
    /// <summary>y = pool(max(x, 0)).</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Forward(int window, Tensor x, Tensor y)
    {
        Operands.RequireOutput(y, Pooled(window, x.Shape).WithMembers(y.Shape.Members));
        Operands.Require(x, x.Shape.WithMembers(y.Shape.Members));
        ForwardCore(window, x, y);
    }

    /// <summary>ẏ = pool(1[x &gt; 0]·ẋ).</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void ForwardTangent(int window, Tensor x, Tensor xTangent, Tensor yTangent)
    {
        int members = yTangent.Shape.Members;
        Operands.RequireOutput(yTangent, Pooled(window, x.Shape).WithMembers(members));
        Operands.Require(x, x.Shape.WithMembers(members));
        Operands.Require(xTangent, x.Shape.WithMembers(members));
        ForwardTangentCore(window, x, xTangent, yTangent);
    }

    /// <summary>δx = 1[x &gt; 0]·poolᵀ(δ). With tangents in place of cotangents, its own tangent.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Backward(int window, Tensor x, Tensor cotangent, Tensor xCotangent)
    {
        int members = xCotangent.Shape.Members;
        Operands.RequireOutput(xCotangent, x.Shape.WithMembers(members));
        Operands.Require(x, x.Shape.WithMembers(members));
        Operands.Require(cotangent, Pooled(window, x.Shape).WithMembers(members));
        BackwardCore(window, x, cotangent, xCotangent);
    }

    /// <summary>The shape after pooling.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No whole window fits.</exception>
    public static TensorShape Pooled(int window, TensorShape x)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        return new TensorShape(x.Members, x.Samples, x.Channels, x.Height / window, x.Width / window);
    }

    protected abstract void ForwardCore(int window, Tensor x, Tensor y);

    protected abstract void ForwardTangentCore(int window, Tensor x, Tensor xTangent, Tensor yTangent);

    protected abstract void BackwardCore(int window, Tensor x, Tensor cotangent, Tensor xCotangent);
}
