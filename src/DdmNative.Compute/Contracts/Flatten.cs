namespace DdmNative.Compute.Contracts;

/// <summary>Images to vectors in PyTorch's order (C, then H, then W) and back, for any layout of the device.</summary>
public abstract class Flatten
{
    /// <summary>y [E, N, C·H·W, 1, 1] from x [E, N, C, H, W].</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Forward(Tensor x, Tensor y)
    {
        Operands.RequireOutput(y, x.Shape.Flattened().WithMembers(y.Shape.Members));
        Operands.Require(x, x.Shape.WithMembers(y.Shape.Members));
        ForwardCore(x, y);
    }

    /// <summary>x [E, N, C, H, W] from y [E, N, C·H·W, 1, 1].</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Backward(Tensor y, Tensor x)
    {
        Operands.Require(y, x.Shape.Flattened());
        BackwardCore(y, x);
    }

    protected abstract void ForwardCore(Tensor x, Tensor y);

    protected abstract void BackwardCore(Tensor y, Tensor x);
}
