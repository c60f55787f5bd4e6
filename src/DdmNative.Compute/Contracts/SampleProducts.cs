using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Contracts;

/// <summary>
/// Asks a layer's gradient for one thing more on its way: what each sample adds to it along given directions, ⟨G_n, V_d⟩, where the gradient is G = Σₙ G_n. No G_n is ever written
/// (ghost products; Wang et al., "Data Shapley in one training run", ICLR 2025).
/// </summary>
/// <param name="WeightDirections">What the layer's weight (a filter bank, a matrix, a norm's scale) moves along: a slice of vectors [E or 1, D, P, 1, 1], one sample of the tensor for each direction.</param>
/// <param name="BiasDirections">The same of its bias or shift.</param>
/// <param name="Products">[E, N, columns, 1, 1], of which columns <paramref name="Column"/> … + D − 1 are assigned and the others left alone, so that the layers of a network may share it.</param>
/// <param name="Column">The first of the D columns.</param>
/// <remarks>Only where <see cref="Device.HasSampleProducts"/> says so.</remarks>
public readonly record struct SampleProducts(Slice WeightDirections, Slice BiasDirections, Tensor Products, int Column)
{
    /// <summary>D.</summary>
    public int Count => WeightDirections.Vector.Shape.Samples;

    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    internal void Require(int members, int samples, int weights, int biases)
    {
        Operands.Require(WeightDirections, members, weights);
        Operands.Require(BiasDirections, members, biases);
        RequireDirections(BiasDirections);
        RequireColumns(Products, members, samples);
    }

    private void RequireColumns(Tensor tensor, int members, int samples, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        TensorShape shape = tensor.Shape;
        if (shape.Members != members || shape.Samples != samples || shape.SampleLength != shape.Channels || Column < 0 || Column + Count > shape.Channels)
            throw new ArgumentException($"{name} has shape {shape}; expected [{members}, {samples}, {Column + Count} or more, 1, 1] for columns {Column} to {Column + Count - 1}.", name);
    }

    internal static NotSupportedException Unsupported()
        => new($"This device computes no products of samples on the way; ask {nameof(Device)}.{nameof(Device.HasSampleProducts)} first.");

    private void RequireDirections(Slice slice, [CallerArgumentExpression(nameof(slice))] string name = "")
    {
        if (slice.Vector.Shape.Samples != Count)
            throw new ArgumentException($"{name} has {slice.Vector.Shape.Samples} directions; expected {Count}, as many as {nameof(WeightDirections)}.", name);
    }
}
