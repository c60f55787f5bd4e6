using System.Runtime.InteropServices;

namespace DdmNative.Attribution.Formats;

/// <summary>A checked tensor in the form stored in a safetensors file.</summary>
internal sealed class StoredTensor
{
    private readonly Array _elements;

    private StoredTensor(string name, string dtype, int[] shape, Array elements)
    {
        long count = shape.Aggregate(1L, (product, axis) => product * axis);
        if (count != elements.Length || shape.Any(axis => axis < 0))
            throw new ArgumentException($"Tensor '{name}' has shape [{string.Join(", ", shape)}] but {elements.Length} elements.");
        Name = name;
        DType = dtype;
        Shape = shape;
        _elements = elements;
    }

    public string Name { get; }

    public string DType { get; }

    public int[] Shape { get; }

    public int ElementSize => SafetensorsHeader.ElementSize(DType);

    public ReadOnlySpan<byte> Bytes => _elements switch
    {
        float[] floats => MemoryMarshal.AsBytes(floats.AsSpan()),
        int[] ints => MemoryMarshal.AsBytes(ints.AsSpan()),
        _ => MemoryMarshal.AsBytes(((long[])_elements).AsSpan()),
    };

    public static StoredTensor From(NamedTensor tensor)
    {
        int bad = Array.FindIndex(tensor.Data, value => !float.IsFinite(value));
        if (bad >= 0)
            throw new ArgumentException(
                $"Tensor '{tensor.Name}' holds {tensor.Data[bad]} at flat index {bad}; only finite numbers can be stored.");
        return new StoredTensor(tensor.Name, "F32", tensor.Shape, tensor.Data);
    }

    public static StoredTensor From(NamedIntegers tensor) => tensor.Bits switch
    {
        64 => new StoredTensor(tensor.Name, "I64", tensor.Shape, tensor.Data),
        32 => new StoredTensor(tensor.Name, "I32", tensor.Shape, Array.ConvertAll(tensor.Data, value => Narrow(tensor.Name, value))),
        _ => throw new ArgumentException($"Tensor '{tensor.Name}' is to have {tensor.Bits} bits; integers are stored in 32 or 64."),
    };

    private static int Narrow(string name, long value)
        => value is >= int.MinValue and <= int.MaxValue
            ? (int)value : throw new ArgumentException($"Tensor '{name}' contains {value}, which does not fit in 32 bits.");
}
