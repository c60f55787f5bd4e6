using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Contracts;

/// <summary>
/// The linear layer y = xWᵀ + b with W [outputs, inputs], its cotangents, and the tangents of both (docs/mathematics.md, "Convolution and
/// linear").
/// </summary>
/// <remarks>
/// x [E, N, I, 1, 1], y [E, N, O, 1, 1]. Every operand is per member or shared; results are assigned. A tangent of null is zero. Without a
/// bias b, ḃ, δb or δḃ is null, and nothing is computed for it.
/// </remarks>
public abstract class MatrixProduct
{
    /// <summary>y = xWᵀ + b.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Forward(Tensor x, Slice weight, Slice? bias, Tensor y)
    {
        (int members, int samples, int inputs, int outputs) = Extents(x, y);
        Operands.Require(x, members, samples, inputs, 1, 1);
        Operands.RequireOutput(y, new TensorShape(members, samples, outputs));
        RequireParameters(weight, bias, members, inputs, outputs);
        ForwardCore(x, weight, bias, y);
    }

    /// <summary>ẏ = ẋWᵀ + xẆᵀ + ḃ.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void ForwardTangent(Tensor x, Tensor? xTangent, Slice weight, Slice weightTangent, Slice? biasTangent, Tensor yTangent)
    {
        (int members, int samples, int inputs, int outputs) = Extents(x, yTangent);
        Operands.Require(x, members, samples, inputs, 1, 1);
        if (xTangent is not null)
            Operands.Require(xTangent, members, samples, inputs, 1, 1);
        Operands.RequireOutput(yTangent, new TensorShape(members, samples, outputs));
        Operands.Require(weight, members, inputs * outputs);
        RequireParameters(weightTangent, biasTangent, members, inputs, outputs);
        ForwardTangentCore(x, xTangent, weight, weightTangent, biasTangent, yTangent);
    }

    /// <summary>δx = δW.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void BackwardData(Tensor cotangent, Slice weight, Tensor xCotangent)
    {
        (int members, int samples, int inputs, int outputs) = Extents(xCotangent, cotangent, xCotangent);
        Operands.Require(cotangent, members, samples, outputs, 1, 1);
        Operands.Require(weight, members, inputs * outputs);
        Operands.RequireOutput(xCotangent, new TensorShape(members, samples, inputs));
        BackwardDataCore(cotangent, weight, xCotangent);
    }

    /// <summary>δẋ = δ̇W + δẆ.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void BackwardDataTangent(Tensor cotangent, Tensor cotangentTangent, Slice weight, Slice weightTangent, Tensor xCotangentTangent)
    {
        (int members, int samples, int inputs, int outputs) = Extents(xCotangentTangent, cotangent, xCotangentTangent);
        Operands.Require(cotangent, members, samples, outputs, 1, 1);
        Operands.Require(cotangentTangent, members, samples, outputs, 1, 1);
        Operands.Require(weight, members, inputs * outputs);
        Operands.Require(weightTangent, members, inputs * outputs);
        Operands.RequireOutput(xCotangentTangent, new TensorShape(members, samples, inputs));
        BackwardDataTangentCore(cotangent, cotangentTangent, weight, weightTangent, xCotangentTangent);
    }

    /// <summary>δW = δᵀx and δb = Σ δ, summed over the member's samples.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void BackwardWeight(Tensor x, Tensor cotangent, Slice weightCotangent, Slice? biasCotangent)
    {
        RequireBackwardWeight(x, cotangent, weightCotangent, biasCotangent);
        BackwardWeightCore(x, cotangent, weightCotangent, biasCotangent);
    }

    /// <summary>The same gradient, bit for bit, and each sample's products ⟨δₙᵀxₙ, V_d⟩ + ⟨δₙ, b_d⟩ with directions.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    /// <exception cref="NotSupportedException">The device cannot compute sample products (<see
    /// cref="Device.HasSampleProducts"/>).</exception>
    public void BackwardWeight(Tensor x, Tensor cotangent, Slice weightCotangent, Slice? biasCotangent, SampleProducts products)
    {
        RequireBackwardWeight(x, cotangent, weightCotangent, biasCotangent);
        products.Require(weightCotangent.Vector.Shape.Members, x.Shape.Samples, x.Shape.Channels * cotangent.Shape.Channels,
            biasCotangent?.Length);
        BackwardWeightCore(x, cotangent, weightCotangent, biasCotangent, products);
    }

    /// <summary>δẆ = δ̇ᵀx + δᵀẋ and δḃ = Σ δ̇: the layer's part of a Hessian-vector product.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void BackwardWeightTangent(
        Tensor x, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, Slice weightCotangentTangent, Slice? biasCotangentTangent)
    {
        (int members, int samples, int inputs, int outputs) =
            (weightCotangentTangent.Vector.Shape.Members, x.Shape.Samples, x.Shape.Channels, cotangent.Shape.Channels);
        Operands.Require(x, members, samples, inputs, 1, 1);
        if (xTangent is not null)
            Operands.Require(xTangent, members, samples, inputs, 1, 1);
        Operands.Require(cotangent, members, samples, outputs, 1, 1);
        Operands.Require(cotangentTangent, members, samples, outputs, 1, 1);
        RequireParameterOutputs(weightCotangentTangent, biasCotangentTangent, members, inputs, outputs);
        BackwardWeightTangentCore(x, xTangent, cotangent, cotangentTangent, weightCotangentTangent, biasCotangentTangent);
    }

    protected abstract void ForwardCore(Tensor x, Slice weight, Slice? bias, Tensor y);

    protected abstract void ForwardTangentCore(Tensor x, Tensor? xTangent, Slice weight, Slice weightTangent, Slice? biasTangent,
        Tensor yTangent);

    protected abstract void BackwardDataCore(Tensor cotangent, Slice weight, Tensor xCotangent);

    protected abstract void BackwardDataTangentCore(Tensor cotangent, Tensor cotangentTangent, Slice weight, Slice weightTangent,
        Tensor xCotangentTangent);

    protected abstract void BackwardWeightCore(Tensor x, Tensor cotangent, Slice weightCotangent, Slice? biasCotangent);

    protected virtual void BackwardWeightCore(Tensor x, Tensor cotangent, Slice weightCotangent, Slice? biasCotangent,
        SampleProducts products)
        => throw SampleProducts.Unsupported();

    protected abstract void BackwardWeightTangentCore(
        Tensor x, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, Slice weightCotangentTangent, Slice? biasCotangentTangent);

    private static void RequireBackwardWeight(Tensor x, Tensor cotangent, Slice weightCotangent, Slice? biasCotangent)
    {
        (int members, int samples, int inputs, int outputs) = (weightCotangent.Vector.Shape.Members, x.Shape.Samples, x.Shape.Channels,
            cotangent.Shape.Channels);
        Operands.Require(x, members, samples, inputs, 1, 1);
        Operands.Require(cotangent, members, samples, outputs, 1, 1);
        RequireParameterOutputs(weightCotangent, biasCotangent, members, inputs, outputs);
    }

    private static (int Members, int Samples, int Inputs, int Outputs) Extents(Tensor x, Tensor y) => Extents(x, y, y);

    private static (int Members, int Samples, int Inputs, int Outputs) Extents(Tensor x, Tensor y, Tensor result)
        => (result.Shape.Members, result.Shape.Samples, x.Shape.Channels, y.Shape.Channels);

    private static void RequireParameters(
        Slice weight, Slice? bias, int members, int inputs, int outputs,
        [CallerArgumentExpression(nameof(weight))] string weightName = "", [CallerArgumentExpression(nameof(bias))] string biasName = "")
    {
        Operands.Require(weight, members, inputs * outputs, weightName);
        Operands.Require(bias, members, outputs, biasName);
    }

    private static void RequireParameterOutputs(
        Slice weight, Slice? bias, int members, int inputs, int outputs,
        [CallerArgumentExpression(nameof(weight))] string weightName = "", [CallerArgumentExpression(nameof(bias))] string biasName = "")
    {
        Operands.RequireOutput(weight, members, inputs * outputs, weightName);
        Operands.RequireOutput(bias, members, outputs, biasName);
    }
}
