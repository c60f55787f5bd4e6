namespace DdmNative.Compute;

/// <summary>
/// A run of consecutive parameters inside a parameter vector <c>[E, 1, P, 1, 1]</c>: one filter bank, one bias, one norm's scale.
/// Filters are OIHW, matrices are <c>[outputs, inputs]</c>, both row-major, as PyTorch stores them.
/// </summary>
public readonly record struct Slice
{
    /// <exception cref="ArgumentOutOfRangeException">The run is not inside the vector.</exception>
    public Slice(Tensor vector, int offset, int length)
    {
        ArgumentNullException.ThrowIfNull(vector);
        if (offset < 0 || length < 1 || offset + length > vector.Shape.SampleLength)
            throw new ArgumentOutOfRangeException(nameof(offset),
                $"Parameters {offset}..{offset + length} are outside a vector of {vector.Shape.SampleLength}.");
        (Vector, Offset, Length) = (vector, offset, length);
    }

    public Tensor Vector { get; }

    /// <summary>The first parameter, counted from the start of each member's vector.</summary>
    public int Offset { get; }

    public int Length { get; }
}
