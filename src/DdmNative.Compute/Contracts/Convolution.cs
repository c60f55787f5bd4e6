namespace DdmNative.Compute.Contracts;

/// <summary>
/// Convolution, with a bias or without, its cotangents, and the tangents of both (docs/mathematics.md, "Convolution and linear").
/// </summary>
/// <remarks>
/// Every operand is per member or shared. Results are assigned, never accumulated. A tangent of null is zero: the input does not change.
/// Without a bias b, ḃ, δb or δḃ is null, and nothing is computed for it.
/// </remarks>
public abstract class Convolution
{
    /// <summary>y = W∗x + b. x [E, N, I, H, W], y [E, N, O, H′, W′].</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Forward(ConvolutionShape shape, Tensor x, Slice filter, Slice? bias, Tensor y)
    {
        (int members, int samples) = (y.Shape.Members, y.Shape.Samples);
        RequireInput(shape, members, samples, x);
        Operands.Require(filter, members, shape.FilterLength);
        Operands.Require(bias, members, shape.OutputChannels);
        Operands.RequireOutput(y, OutputShape(shape, members, samples));
        ForwardCore(shape, x, filter, bias, y);
    }

    /// <summary>ẏ = W∗ẋ + Ẇ∗x + ḃ.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void ForwardTangent(ConvolutionShape shape, Tensor x, Tensor? xTangent, Slice filter, Slice filterTangent, Slice? biasTangent,
        Tensor yTangent)
    {
        (int members, int samples) = (yTangent.Shape.Members, yTangent.Shape.Samples);
        RequireInput(shape, members, samples, x);
        if (xTangent is not null)
            RequireInput(shape, members, samples, xTangent);
        Operands.Require(filter, members, shape.FilterLength);
        Operands.Require(filterTangent, members, shape.FilterLength);
        Operands.Require(biasTangent, members, shape.OutputChannels);
        Operands.RequireOutput(yTangent, OutputShape(shape, members, samples));
        ForwardTangentCore(shape, x, xTangent, filter, filterTangent, biasTangent, yTangent);
    }

    /// <summary>δx = Wᵀ∗δ.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void BackwardData(ConvolutionShape shape, Tensor cotangent, Slice filter, Tensor xCotangent)
    {
        (int members, int samples) = (xCotangent.Shape.Members, xCotangent.Shape.Samples);
        Operands.Require(cotangent, OutputShape(shape, members, samples));
        Operands.Require(filter, members, shape.FilterLength);
        Operands.RequireOutput(xCotangent, InputShape(shape, members, samples));
        BackwardDataCore(shape, cotangent, filter, xCotangent);
    }

    /// <summary>δẋ = Wᵀ∗δ̇ + Ẇᵀ∗δ.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void BackwardDataTangent(ConvolutionShape shape, Tensor cotangent, Tensor cotangentTangent, Slice filter, Slice filterTangent,
        Tensor xCotangentTangent)
    {
        (int members, int samples) = (xCotangentTangent.Shape.Members, xCotangentTangent.Shape.Samples);
        Operands.Require(cotangent, OutputShape(shape, members, samples));
        Operands.Require(cotangentTangent, OutputShape(shape, members, samples));
        Operands.Require(filter, members, shape.FilterLength);
        Operands.Require(filterTangent, members, shape.FilterLength);
        Operands.RequireOutput(xCotangentTangent, InputShape(shape, members, samples));
        BackwardDataTangentCore(shape, cotangent, cotangentTangent, filter, filterTangent, xCotangentTangent);
    }

    /// <summary>δW = Σₙ δ⋆x and δb = Σ δ, summed over the member's samples.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void BackwardFilter(ConvolutionShape shape, Tensor x, Tensor cotangent, Slice filterCotangent, Slice? biasCotangent)
    {
        RequireBackwardFilter(shape, x, cotangent, filterCotangent, biasCotangent);
        BackwardFilterCore(shape, x, cotangent, filterCotangent, biasCotangent);
    }

    /// <summary>The same gradient, bit for bit, and each sample's products ⟨δₙ⋆xₙ, V_d⟩ + ⟨Σ δₙ, b_d⟩ with directions.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    /// <exception cref="NotSupportedException">The device cannot compute sample products (<see
    /// cref="Device.HasSampleProducts"/>).</exception>
    public void BackwardFilter(ConvolutionShape shape, Tensor x, Tensor cotangent, Slice filterCotangent, Slice? biasCotangent,
        SampleProducts products)
    {
        RequireBackwardFilter(shape, x, cotangent, filterCotangent, biasCotangent);
        products.Require(filterCotangent.Vector.Shape.Members, x.Shape.Samples, shape.FilterLength, biasCotangent?.Length);
        BackwardFilterCore(shape, x, cotangent, filterCotangent, biasCotangent, products);
    }

    /// <summary>δẆ = Σₙ δ̇⋆x + δ⋆ẋ and δḃ = Σ δ̇: the layer's part of a Hessian-vector product.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void BackwardFilterTangent(
        ConvolutionShape shape, Tensor x, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, Slice filterCotangentTangent,
        Slice? biasCotangentTangent)
    {
        (int members, int samples) = (filterCotangentTangent.Vector.Shape.Members, x.Shape.Samples);
        RequireInput(shape, members, samples, x);
        if (xTangent is not null)
            RequireInput(shape, members, samples, xTangent);
        Operands.Require(cotangent, OutputShape(shape, members, samples));
        Operands.Require(cotangentTangent, OutputShape(shape, members, samples));
        Operands.RequireOutput(filterCotangentTangent, members, shape.FilterLength);
        Operands.RequireOutput(biasCotangentTangent, members, shape.OutputChannels);
        BackwardFilterTangentCore(shape, x, xTangent, cotangent, cotangentTangent, filterCotangentTangent, biasCotangentTangent);
    }

    protected abstract void ForwardCore(ConvolutionShape shape, Tensor x, Slice filter, Slice? bias, Tensor y);

    protected abstract void ForwardTangentCore(ConvolutionShape shape, Tensor x, Tensor? xTangent, Slice filter, Slice filterTangent,
        Slice? biasTangent, Tensor yTangent);

    protected abstract void BackwardDataCore(ConvolutionShape shape, Tensor cotangent, Slice filter, Tensor xCotangent);

    protected abstract void BackwardDataTangentCore(
        ConvolutionShape shape, Tensor cotangent, Tensor cotangentTangent, Slice filter, Slice filterTangent, Tensor xCotangentTangent);

    protected abstract void BackwardFilterCore(ConvolutionShape shape, Tensor x, Tensor cotangent, Slice filterCotangent,
        Slice? biasCotangent);

    protected virtual void BackwardFilterCore(ConvolutionShape shape, Tensor x, Tensor cotangent, Slice filterCotangent,
        Slice? biasCotangent, SampleProducts products)
        => throw SampleProducts.Unsupported();

    protected abstract void BackwardFilterTangentCore(
        ConvolutionShape shape, Tensor x, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, Slice filterCotangentTangent,
        Slice? biasCotangentTangent);

    private static void RequireBackwardFilter(ConvolutionShape shape, Tensor x, Tensor cotangent, Slice filterCotangent,
        Slice? biasCotangent)
    {
        (int members, int samples) = (filterCotangent.Vector.Shape.Members, x.Shape.Samples);
        RequireInput(shape, members, samples, x);
        Operands.Require(cotangent, OutputShape(shape, members, samples));
        Operands.RequireOutput(filterCotangent, members, shape.FilterLength);
        Operands.RequireOutput(biasCotangent, members, shape.OutputChannels);
    }

    private static TensorShape InputShape(ConvolutionShape shape, int members, int samples)
        => new(members, samples, shape.InputChannels, shape.Height, shape.Width);

    private static TensorShape OutputShape(ConvolutionShape shape, int members, int samples)
        => new(members, samples, shape.OutputChannels, shape.OutputHeight, shape.OutputWidth);

    private static void RequireInput(ConvolutionShape shape, int members, int samples, Tensor x)
        => Operands.Require(x, InputShape(shape, members, samples));
}
