using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>One named tensor in a parameter vector, row-major as in PyTorch.</summary>
/// <param name="Name">PyTorch's name, e.g. <c>blocks.0.conv.weight</c>.</param>
/// <param name="Shape">[O, I, k, k] for filters, [O, I] for matrices, [C] for biases and norm parameters.</param>
/// <param name="Offset">Its first parameter, counted from the start of the network's or the layer's own vector.</param>
public sealed record ParameterTensor(string Name, IReadOnlyList<int> Shape, int Offset)
{
    /// <summary>Its initial values.</summary>
    public InitialRange Initial { get; init; }

    /// <summary>
    /// Whether training changes it along its gradient; false for running statistics, which are kept in the vector and have no gradient.
    /// </summary>
    public bool IsTrained { get; init; } = true;

    /// <summary>The number of its parameters: the product of the shape.</summary>
    public int Length => Shape.Aggregate(1, (product, extent) => checked(product * extent));

    /// <summary>Whether it is a filter bank or a matrix, and not a bias or a norm's parameter.</summary>
    public bool IsWeight => Shape.Count > 1;

    /// <summary>The form for the gradient distances: a weight by its output rows, anything else as one row.</summary>
    public ParameterBlock Block => IsWeight ? new(Offset, Shape[0], Length / Shape[0], true) : new(Offset, 1, Length, false);
}
