namespace DdmNative.Compute.Contracts;

/// <summary>
/// Moves and mirrors each image by its own amount: a random crop with zero padding, and a random horizontal flip, with amounts that the
/// caller draws.
/// </summary>
public abstract class CropFlip
{
    /// <summary>
    /// y[e, n, c, h, w] = x[e, n, c, h + dy, w′ + dx], zero outside the image, where w′ is w, or W − 1 − w if the image is flipped: the
    /// crop is flipped, as by a flip after PyTorch's random crop. x [E or 1, N, C, H, W], y [E, N, C, H, W] another tensor than x; moves
    /// [E or 1, N, 3, 1, 1] hold dy, dx and flip (0 or 1) as float32 and are read when the call runs. dy and dx are whole numbers of
    /// pixels, of any sign and size.
    /// </summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Apply(Tensor x, Tensor moves, Tensor y)
    {
        TensorShape shape = y.Shape;
        Operands.Require(x, shape);
        Operands.Require(moves, new TensorShape(shape.Members, shape.Samples, 3));
        ApplyCore(x, moves, y);
    }

    protected abstract void ApplyCore(Tensor x, Tensor moves, Tensor y);
}
