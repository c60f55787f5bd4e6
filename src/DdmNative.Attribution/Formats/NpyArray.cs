namespace DdmNative.Attribution.Formats;

/// <summary>
/// A NumPy array: row-major elements and their shape. The element types are bool, float32, float64, the eight integer types and text
/// (<c>&lt;U</c>), held as <c>bool[]</c>, <c>float[]</c>, <c>double[]</c>, <c>sbyte[]</c> … <c>ulong[]</c> and <c>string[]</c>. float16
/// is read as float32.
/// </summary>
public sealed class NpyArray
{
    /// <param name="data">The elements, row-major.</param>
    /// <param name="shape">Outermost axis first; none for a scalar.</param>
    /// <exception cref="ArgumentException">The element type has no NumPy counterpart here, or the shape does not fit the data.</exception>
    public NpyArray(Array data, params int[] shape)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(shape);
        if (!NpyType.IsSupported(data))
            throw new ArgumentException($"Arrays of {data.GetType()} are not stored.", nameof(data));
        if (shape.Any(axis => axis < 0) || shape.Aggregate(1L, (product, axis) => product * axis) != data.Length)
            throw new ArgumentException($"{data.Length} elements do not have the shape [{string.Join(", ", shape)}].", nameof(shape));
        Data = data;
        Shape = shape;
    }

    /// <summary>The elements, row-major.</summary>
    public Array Data { get; }

    /// <summary>Outermost axis first; empty for a scalar.</summary>
    public int[] Shape { get; }
}
