namespace DdmNative.Compute.Contracts;

/// <summary>
/// The Gaussian error linear unit (Hendrycks and Gimpel 2016) in its exact form, PyTorch's default: f(x) = x·Φ(x), element by element,
/// where Φ(x) = (1 + erf(x/√2))/2 and φ(x) = e^(−x²/2)/√(2π); f′(x) = Φ(x) + xφ(x) and f″(x) = φ(x)(2 − x²).
/// </summary>
/// <remarks>All operands have one shape, [E, N, C, H, W]. Those that are read are per member or shared; results are assigned.</remarks>
public abstract class Gelu
{
    /// <summary>y = f(x).</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Forward(Tensor x, Tensor y)
    {
        Operands.Require(x, y.Shape);
        ForwardCore(x, y);
    }

    /// <summary>ẏ = f′(x)ẋ.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void ForwardTangent(Tensor x, Tensor xTangent, Tensor yTangent)
    {
        Operands.Require(x, yTangent.Shape);
        Operands.Require(xTangent, yTangent.Shape);
        ForwardTangentCore(x, xTangent, yTangent);
    }

    /// <summary>δx = f′(x)δ.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Backward(Tensor x, Tensor cotangent, Tensor xCotangent)
    {
        Operands.Require(x, xCotangent.Shape);
        Operands.Require(cotangent, xCotangent.Shape);
        BackwardCore(x, cotangent, xCotangent);
    }

    /// <summary>δ̇x = f′(x)δ̇ + f″(x)ẋδ; a null <paramref name="xTangent"/> is zero.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void BackwardTangent(Tensor x, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, Tensor xCotangentTangent)
    {
        TensorShape shape = xCotangentTangent.Shape;
        Operands.Require(x, shape);
        if (xTangent is not null)
            Operands.Require(xTangent, shape);
        Operands.Require(cotangent, shape);
        Operands.Require(cotangentTangent, shape);
        if (xTangent is null)
            BackwardCore(x, cotangentTangent, xCotangentTangent);
        else
            BackwardTangentCore(x, xTangent, cotangent, cotangentTangent, xCotangentTangent);
    }

    protected abstract void ForwardCore(Tensor x, Tensor y);

    protected abstract void ForwardTangentCore(Tensor x, Tensor xTangent, Tensor yTangent);

    protected abstract void BackwardCore(Tensor x, Tensor cotangent, Tensor xCotangent);

    protected abstract void BackwardTangentCore(Tensor x, Tensor xTangent, Tensor cotangent, Tensor cotangentTangent,
        Tensor xCotangentTangent);
}
