using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Rows;

/// <summary>The type of stored rows, and its conversion to float32, which is exact.</summary>
internal static class RowType
{
    private const string Single = "<f4";

    /// <summary>NumPy's names of the types.</summary>
    public static IReadOnlyList<string> Names { get; } = [Single, NpyType.Half];

    /// <summary>Converts the bytes of values.</summary>
    public static void ToFloats(string type, ReadOnlySpan<byte> bytes, Span<float> values)
    {
        if (type == Single)
            MemoryMarshal.Cast<byte, float>(bytes).CopyTo(values);
        else
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), values);
    }
}
