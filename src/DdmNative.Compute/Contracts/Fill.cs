namespace DdmNative.Compute.Contracts;

/// <summary>
/// Assigns one value to a part of a parameter vector: zero to the parts of a gradient that belong to parameters which are stored but not
/// trained, such as a batch norm's running statistics.
/// </summary>
public abstract class Fill
{
    /// <summary>
    /// θᵢ ← value for every parameter i of the slice, which is part of a vector [E, 1, P, 1, 1], in every member. The other parameters are
    /// left as they are, so that one plan can fill some parts of a vector and compute others.
    /// </summary>
    /// <exception cref="ArgumentException">The slice is not part of a parameter vector.</exception>
    public void Assign(Slice target, float value)
    {
        TensorShape shape = target.Vector.Shape;
        Operands.RequireOutput(target.Vector, TensorShape.Vector(shape.Members, shape.Channels), nameof(target));
        AssignCore(target, value);
    }

    protected abstract void AssignCore(Slice target, float value);
}
