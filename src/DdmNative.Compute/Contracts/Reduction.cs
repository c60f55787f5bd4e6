namespace DdmNative.Compute.Contracts;

/// <summary>Sums in a fixed order, so that they are the same bits every time.</summary>
public abstract class Reduction
{
    /// <summary>y [E, 1, C, H, W] = Σₙ x [E, N, C, H, W].</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void SumSamples(Tensor x, Tensor y)
    {
        Operands.RequireOutput(y, x.Shape.WithSamples(1).WithMembers(y.Shape.Members));
        Operands.Require(x, x.Shape.WithMembers(y.Shape.Members));
        SumSamplesCore(x, y);
    }

    /// <summary>y [E, 1, 1, 1, 1] = ⟨a, b⟩ over all floats of a member.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Dot(Tensor a, Tensor b, Tensor y)
    {
        TensorShape shape = a.Shape.WithMembers(y.Shape.Members);
        Operands.RequireOutput(y, TensorShape.Vector(shape.Members, 1));
        Operands.Require(a, shape);
        Operands.Require(b, shape);
        DotCore(a, b, y);
    }

    protected abstract void SumSamplesCore(Tensor x, Tensor y);

    protected abstract void DotCore(Tensor a, Tensor b, Tensor y);
}
