namespace DdmNative.Attribution.Formats;

/// <summary>A float32 tensor with its name in a file, row-major.</summary>
/// <param name="Name">The name in PyTorch's style, e.g. <c>blocks.0.conv.weight</c>.</param>
/// <param name="Shape">Outermost axis first; empty for a scalar.</param>
/// <param name="Data">The elements, as many as the product of the shape.</param>
public sealed record NamedTensor(string Name, int[] Shape, float[] Data);

/// <summary>An integer tensor with its name in a file, row-major; stored as int32 or int64.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Shape">Outermost axis first; empty for a scalar.</param>
/// <param name="Data">The elements, as many as the product of the shape.</param>
/// <param name="Bits">32 or 64: the width in the file.</param>
public sealed record NamedIntegers(string Name, int[] Shape, long[] Data, int Bits = 64);
