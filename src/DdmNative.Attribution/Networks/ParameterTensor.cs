using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>One named tensor inside a parameter vector, row-major as PyTorch stores it.</summary>
/// <param name="Name">PyTorch's name, e.g. <c>blocks.0.conv.weight</c>.</param>
/// <param name="Shape">[O, I, k, k] for filters, [O, I] for matrices, [C] for biases and norm parameters.</param>
/// <param name="Offset">Its first parameter, counted from the start of the vector it is listed for: the network's, or the layer's own.</param>
public sealed record ParameterTensor(string Name, IReadOnlyList<int> Shape, int Offset)
{
    /// <summary>What it starts from before training.</summary>
    public InitialRange Initial { get; init; }

    /// <summary>Parameters in it: the product of the shape.</summary>
    public int Length => Shape.Aggregate(1, (product, extent) => checked(product * extent));

    /// <summary>A filter bank or a matrix; not a bias and not a norm's parameter.</summary>
    public bool IsWeight => Shape.Count > 1;

    /// <summary>How the gradient distances see it: a weight by its output rows, anything else as one row.</summary>
    public ParameterBlock Block => IsWeight ? new(Offset, Shape[0], Length / Shape[0], true) : new(Offset, 1, Length, false);
}
